//! Whether a person can be rung, by department and by the hours of its office.

use jiff::Timestamp;

use crate::calendar::Office;
use crate::department::Department;
use crate::pack::Pack;

/// Who can be rung.
#[derive(Clone, Copy, Debug)]
pub enum Reach<'a> {
    /// These extensions, one after the other.
    Extensions(&'a [String]),
    /// Nobody until this office opens.
    Closed(&'a Office),
    Nobody,
}

impl Pack {
    /// Who answers for a topic, or for danger: the topic's department, else the first one that has a telephone.
    pub fn department(&self, topic: Option<&str>, danger: bool) -> Option<(&str, &Department)> {
        let named = |id: &String| self.departments.get_key_value(id);
        let emergency = self.emergency.as_ref().filter(|_| danger).and_then(named);
        let own = topic.and_then(|topic| named(&self.topics.get(topic)?.department));
        let reachable =
            own.into_iter().chain(&self.departments).find(|(_, department)| !department.extensions.is_empty());
        emergency.or(reachable).map(|(id, department)| (id.as_str(), department))
    }

    /// Whether somebody can be rung for a topic, or for danger.
    pub fn reach(&self, topic: Option<&str>, danger: bool, at: Timestamp) -> Reach<'_> {
        let Some((_, department)) = self.department(topic, danger) else { return Reach::Nobody };
        let office = department.office.as_deref().and_then(|id| self.calendar.office(id));
        let now = self.calendar.local(at).datetime();
        match office {
            Some(office) if self.calendar.open_until(office, now).is_none() => Reach::Closed(office),
            _ if department.extensions.is_empty() => Reach::Nobody,
            _ => Reach::Extensions(&department.extensions),
        }
    }
}
