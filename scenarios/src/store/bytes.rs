//! Numbers as bytes and back: whole numbers in as few bytes as they need, floats as their bits.
//!
//! Whole numbers are LEB128 (DWARF 5, 7.6): seven bits a byte, the lowest first, the highest bit says that more follow. The
//! reader takes only the shortest form of a number, so that what is read and written again is the same bytes, and it never
//! reads beyond the end.

/// Writes into memory.
#[derive(Debug, Default)]
pub struct Writer {
    /// What was written.
    pub bytes: Vec<u8>,
}

impl Writer {
    /// A whole number.
    pub fn whole(&mut self, value: impl Into<u128>) {
        let mut rest = value.into();
        while rest > 0x7f {
            self.bytes.push((rest & 0x7f) as u8 | 0x80);
            rest >>= 7;
        }
        self.bytes.push(rest as u8);
    }

    /// A length or a place.
    pub fn size(&mut self, value: usize) {
        self.whole(value as u64);
    }

    /// A float, to the last bit.
    pub fn float(&mut self, value: f64) {
        self.bytes.extend_from_slice(&value.to_bits().to_le_bytes());
    }

    /// Yes or no.
    pub fn flag(&mut self, value: bool) {
        self.bytes.push(u8::from(value));
    }

    /// Bytes with their number before them.
    pub fn block(&mut self, bytes: &[u8]) {
        self.size(bytes.len());
        self.bytes.extend_from_slice(bytes);
    }
}

/// Reads what a [`Writer`] wrote; `None` wherever it can't have written that.
#[derive(Clone, Copy, Debug)]
pub struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    /// Reads these bytes from their start.
    #[must_use]
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    /// The next `count` bytes.
    pub fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.rest.split_at_checked(count)?;
        self.rest = rest;
        Some(taken)
    }

    /// So many bytes, for a number of fixed length.
    pub fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        self.take(N)?.try_into().ok()
    }

    /// A whole number that fits its type.
    pub fn whole<T: TryFrom<u128>>(&mut self) -> Option<T> {
        let mut value = 0u128;
        for shift in (0..128).step_by(7) {
            let [byte] = self.array()?;
            let bits = u128::from(byte & 0x7f);
            if shift > 0 && byte == 0 || bits << shift >> shift != bits {
                return None;
            }
            value |= bits << shift;
            if byte < 0x80 {
                return T::try_from(value).ok();
            }
        }
        None
    }

    /// How many things follow that take at least `each` bytes: never more than there is room for.
    pub fn count(&mut self, each: usize) -> Option<usize> {
        let count: usize = self.whole()?;
        (count.checked_mul(each)? <= self.rest.len()).then_some(count)
    }

    /// A float.
    pub fn float(&mut self) -> Option<f64> {
        Some(f64::from_bits(u64::from_le_bytes(self.array()?)))
    }

    /// Yes or no.
    pub fn flag(&mut self) -> Option<bool> {
        match self.array()? {
            [0] => Some(false),
            [1] => Some(true),
            _ => None,
        }
    }

    /// Bytes with their number before them.
    pub fn block(&mut self) -> Option<&'a [u8]> {
        let count = self.count(1)?;
        self.take(count)
    }

    /// Nothing more may follow.
    pub fn end(self) -> Option<()> {
        self.rest.is_empty().then_some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn numbers_come_back(whole in any::<u128>(), shift in 0u32..128, float in any::<u64>()) {
            let mut writer = Writer::default();
            writer.whole(whole >> shift);
            writer.float(f64::from_bits(float));
            let mut reader = Reader::new(&writer.bytes);
            prop_assert_eq!(reader.whole::<u128>(), Some(whole >> shift));
            prop_assert_eq!(reader.float().map(f64::to_bits), Some(float));
            prop_assert_eq!(reader.end(), Some(()));
        }

        #[test]
        fn what_is_read_is_written_as_the_same_bytes(bytes in prop::collection::vec(any::<u8>(), 0..25)) {
            let mut reader = Reader::new(&bytes);
            if let Some(value) = reader.whole::<u128>() {
                let mut writer = Writer::default();
                writer.whole(value);
                prop_assert_eq!(&writer.bytes[..], &bytes[..bytes.len() - reader.rest.len()]);
            }
        }
    }

    #[test]
    fn no_more_is_announced_than_there_is() {
        let mut writer = Writer::default();
        writer.size(usize::MAX);
        assert_eq!(Reader::new(&writer.bytes).count(1), None);
        assert_eq!(Reader::new(&[2, 7]).block(), None);
        assert_eq!(Reader::new(&[2, 7, 7, 7]).block(), Some(&[7, 7][..]));
        assert_eq!(Reader::new(&[0x80, 0]).whole::<u64>(), None);
        assert_eq!(Reader::new(&[0x80]).whole::<u64>(), None);
        assert_eq!(Reader::new(&[0xff; 40]).whole::<u128>(), None);
        assert_eq!(Reader::new(&[0x80, 2]).whole::<u8>(), None);
    }
}
