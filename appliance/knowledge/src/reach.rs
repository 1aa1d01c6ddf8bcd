//! Whether a person can be rung, by department and by the hours of its office.

use jiff::Timestamp;

use crate::calendar::Office;
use crate::pack::{Department, Pack};

/// Who can be rung.
#[derive(Clone, Copy, Debug)]
pub enum Reach<'a> {
    Extension(&'a str),
    /// Nobody until this office opens.
    Closed(&'a Office),
    Nobody,
}

impl Pack {
    /// Who is rung for a topic: its department, else the first one that has a telephone.
    fn department(&self, topic: Option<&str>) -> Option<&Department> {
        let own = topic.and_then(|topic| self.departments.get(&self.topics.get(topic)?.department));
        own.into_iter().chain(self.departments.values()).find(|department| department.extension.is_some())
    }

    /// Whether somebody can be rung for a topic, or for danger.
    pub fn reach(&self, topic: Option<&str>, danger: bool, at: Timestamp) -> Reach<'_> {
        let named = self.emergency.as_ref().filter(|_| danger).and_then(|id| self.departments.get(id));
        let Some(department) = named.or_else(|| self.department(topic)) else { return Reach::Nobody };
        let office = department.office.as_deref().and_then(|id| self.calendar.office(id));
        let now = self.calendar.local(at).datetime();
        match (office, department.extension.as_deref()) {
            (Some(office), _) if self.calendar.open_until(office, now).is_none() => Reach::Closed(office),
            (_, Some(extension)) => Reach::Extension(extension),
            (_, None) => Reach::Nobody,
        }
    }
}
