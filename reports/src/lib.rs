//! Results as charts, tables and documents, in memory.
