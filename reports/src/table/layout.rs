//! Aligned columns: every column as wide as its widest cell, columns left out from the least important on until all fit.

/// How a text is coloured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ink {
    Plain,
    Bold,
    Dim,
    Red,
    Green,
    Yellow,
}

impl Ink {
    /// The text with the escape sequences around it, or as it is.
    pub fn paint(self, text: &str, colour: bool) -> String {
        let code = match self {
            Self::Plain => return text.to_owned(),
            _ if !colour => return text.to_owned(),
            Self::Bold => 1,
            Self::Dim => 2,
            Self::Red => 31,
            Self::Green => 32,
            Self::Yellow => 33,
        };
        format!("\u{1b}[{code}m{text}\u{1b}[0m")
    }
}

/// A cell of a table.
#[derive(Clone, Debug)]
pub struct Cell {
    text: String,
    ink: Ink,
}

impl Cell {
    pub fn new(text: impl Into<String>) -> Self {
        Self {
            text: visible(&text.into()),
            ink: Ink::Plain,
        }
    }

    pub fn inked(text: impl Into<String>, ink: Ink) -> Self {
        Self {
            ink,
            ..Self::new(text)
        }
    }
}

/// On which side a column's cells stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    Left,
    Right,
}

/// A column with its title and its cells, one a row.
#[derive(Clone, Debug)]
pub struct Column {
    pub title: String,
    pub side: Side,
    /// Columns of higher numbers get room after those of lower ones; those of 0 always stay.
    pub dispensable: u8,
    pub cells: Vec<Cell>,
}

impl Column {
    pub fn new(title: impl Into<String>, side: Side, dispensable: u8, cells: Vec<Cell>) -> Self {
        Self {
            title: visible(&title.into()),
            side,
            dispensable,
            cells,
        }
    }

    fn width(&self) -> usize {
        self.cells
            .iter()
            .map(|cell| length(&cell.text))
            .max()
            .unwrap_or(0)
            .max(length(&self.title))
    }
}

const GAP: usize = 2;

/// The table as lines, and the titles of the columns that did not fit.
pub fn draw(mut columns: Vec<Column>, width: usize, colour: bool) -> (String, Vec<String>) {
    let left_out = leave_out(&mut columns, width);
    let mut text = String::new();
    let titles = columns
        .iter()
        .map(|column| Cell::inked(column.title.clone(), Ink::Bold))
        .collect::<Vec<_>>();
    push_row(&mut text, &columns, &titles.iter().collect::<Vec<_>>(), colour);
    let rows = columns.iter().map(|column| column.cells.len()).max().unwrap_or(0);
    let empty = Cell::new("");
    for row in 0..rows {
        let cells: Vec<&Cell> = columns
            .iter()
            .map(|column| column.cells.get(row).unwrap_or(&empty))
            .collect();
        push_row(&mut text, &columns, &cells, colour);
    }
    (text, left_out)
}

/// Keeps the indispensable columns, then the most important of the others for which there is room.
fn leave_out(columns: &mut Vec<Column>, width: usize) -> Vec<String> {
    let mut room = width + GAP;
    let mut by_importance: Vec<usize> = (0..columns.len()).collect();
    by_importance.sort_by_key(|at| columns[*at].dispensable);
    let mut keep = vec![false; columns.len()];
    for at in by_importance {
        let needed = columns[at].width() + GAP;
        keep[at] = columns[at].dispensable == 0 || needed <= room;
        if keep[at] {
            room = room.saturating_sub(needed);
        }
    }
    let left_out = columns
        .iter()
        .zip(&keep)
        .filter(|(_, keep)| !**keep)
        .map(|(c, _)| c.title.clone())
        .collect();
    let mut keep = keep.into_iter();
    columns.retain(|_| keep.next().unwrap_or(true));
    left_out
}

fn push_row(text: &mut String, columns: &[Column], cells: &[&Cell], colour: bool) {
    let mut line = String::new();
    for (at, (column, cell)) in columns.iter().zip(cells).enumerate() {
        let blank = " ".repeat(column.width().saturating_sub(length(&cell.text)));
        let painted = cell.ink.paint(&cell.text, colour && !cell.text.is_empty());
        let last = at + 1 == columns.len();
        match column.side {
            Side::Right => line.extend([blank.as_str(), painted.as_str()]),
            Side::Left if last => line.push_str(&painted),
            Side::Left => line.extend([painted.as_str(), blank.as_str()]),
        }
        if !last {
            line.push_str(&" ".repeat(GAP));
        }
    }
    text.push_str(line.trim_end());
    text.push('\n');
}

/// A text's length in columns. Names are ASCII nearly always; a wide character only shifts its own row.
pub fn length(text: &str) -> usize {
    text.chars().count()
}

/// The text without control characters, which could change the terminal's state.
pub fn visible(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect()
}

/// Breaks a text at blanks into lines of at most `width`; later lines are indented. A longer word stands alone.
pub fn wrap(text: &str, width: usize) -> Vec<String> {
    let text = visible(text);
    let mut lines: Vec<String> = Vec::new();
    let mut line = String::new();
    for word in text.split(' ').filter(|word| !word.is_empty()) {
        if !line.trim().is_empty() && length(&line) + 1 + length(word) > width {
            lines.push(std::mem::replace(&mut line, "   ".to_owned()));
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    if !line.trim().is_empty() {
        lines.push(line);
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    fn columns() -> Vec<Column> {
        let cells = |texts: [&str; 2]| texts.map(Cell::new).to_vec();
        vec![
            Column::new("name", Side::Left, 0, cells(["a", "longer"])),
            Column::new("figure", Side::Right, 1, cells(["1.0", "100.0"])),
            Column::new("extra", Side::Left, 2, cells(["x", "y"])),
        ]
    }

    #[test]
    fn columns_line_up() {
        let (text, left_out) = draw(columns(), 80, false);
        assert_eq!(
            text,
            "name    figure  extra\na          1.0  x\nlonger   100.0  y\n"
        );
        assert!(left_out.is_empty());
    }

    #[test]
    fn the_least_important_column_is_left_out_first() {
        let (text, left_out) = draw(columns(), 14, false);
        assert_eq!(text, "name    figure\na          1.0\nlonger   100.0\n");
        assert_eq!(left_out, ["extra"]);
    }

    #[test]
    fn colour_does_not_move_columns() {
        let mut inked = columns();
        inked[0].cells[0] = Cell::inked("a", Ink::Red);
        let (text, _) = draw(inked, 80, true);
        assert_eq!(text.lines().nth(1), Some("\u{1b}[31ma\u{1b}[0m          1.0  x"));
    }

    #[test]
    fn a_name_cannot_command_the_terminal() {
        let (text, _) = draw(
            vec![Column::new("\u{1b}[2Jx", Side::Left, 0, vec![Cell::new("a\rb")])],
            80,
            false,
        );
        assert_eq!(text, " [2Jx\na b\n");
    }

    #[test]
    fn long_sentences_wrap_at_blanks() {
        assert_eq!(
            wrap("one two three four", 9),
            ["one two", "    three", "    four"]
        );
        assert!(wrap("", 10).is_empty());
    }
}
