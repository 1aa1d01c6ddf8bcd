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
    /// Who is rung: in danger the one for that, else whom the caller asked for, else who answers for the topic, else the first
    /// department that has a telephone.
    pub fn department(&self, asked: Option<&str>, topic: Option<&str>, danger: bool) -> Option<(&str, &Department)> {
        let named = |id: &String| self.departments.get_key_value(id);
        let emergency = self.emergency.as_ref().filter(|_| danger).and_then(named);
        let asked = asked.and_then(|asked| self.departments.get_key_value(asked));
        let own = topic.and_then(|topic| named(&self.topics.get(topic)?.department));
        let reachable = asked
            .into_iter()
            .chain(own)
            .chain(&self.departments)
            .find(|(_, department)| !department.extensions.is_empty());
        emergency.or(reachable).map(|(id, department)| (id.as_str(), department))
    }

    /// Whether somebody there can be rung.
    pub fn reach(&self, asked: Option<&str>, topic: Option<&str>, danger: bool, at: Timestamp) -> Reach<'_> {
        let Some((_, department)) = self.department(asked, topic, danger) else { return Reach::Nobody };
        let office = department.office.as_deref().and_then(|id| self.calendar.office(id));
        let now = self.calendar.local(at).datetime();
        match office {
            Some(office) if self.calendar.open_until(office, now).is_none() => Reach::Closed(office),
            _ if department.extensions.is_empty() => Reach::Nobody,
            _ => Reach::Extensions(&department.extensions),
        }
    }
}
