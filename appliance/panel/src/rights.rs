//! Who may see what.

use portaveu_store::Role;

/// A part of the panel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Area {
    Now,
    Calls,
    Messages,
    Unanswered,
    Answers,
    Reports,
    Box,
    People,
    /// One's own password and language.
    Account,
}

impl Area {
    /// In the order of the menu.
    pub const MENU: [Self; 8] = [
        Self::Now,
        Self::Calls,
        Self::Messages,
        Self::Unanswered,
        Self::Answers,
        Self::Reports,
        Self::Box,
        Self::People,
    ];

    pub fn path(self) -> &'static str {
        match self {
            Self::Now => "/now",
            Self::Calls => "/calls",
            Self::Messages => "/messages",
            Self::Unanswered => "/unanswered",
            Self::Answers => "/answers",
            Self::Reports => "/reports",
            Self::Box => "/box",
            Self::People => "/people",
            Self::Account => "/account",
        }
    }

    /// Its name among the panel's texts.
    pub fn title(self) -> &'static str {
        match self {
            Self::Now => "menu.now",
            Self::Calls => "menu.calls",
            Self::Messages => "menu.messages",
            Self::Unanswered => "menu.unanswered",
            Self::Answers => "menu.answers",
            Self::Reports => "menu.reports",
            Self::Box => "menu.box",
            Self::People => "menu.people",
            Self::Account => "menu.account",
        }
    }
}

/// IT looks after the box and need not know what callers said.
pub fn may(role: Role, area: Area) -> bool {
    match role {
        Role::Attendant => matches!(area, Area::Now | Area::Calls | Area::Messages | Area::Account),
        Role::Editor => {
            matches!(area, Area::Now | Area::Calls | Area::Unanswered | Area::Answers | Area::Reports | Area::Account)
        }
        Role::Manager => area != Area::Box,
        Role::It => matches!(area, Area::Box | Area::People | Area::Account),
    }
}

/// Where a person begins.
pub fn first(role: Role) -> Area {
    Area::MENU.into_iter().find(|area| may(role, *area)).unwrap_or(Area::Account)
}
