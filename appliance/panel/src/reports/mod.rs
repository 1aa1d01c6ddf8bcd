//! What calls add up to, for a day, a week, a month or a year.
