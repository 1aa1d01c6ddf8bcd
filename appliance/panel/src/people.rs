//! Accounts, for the panel's page and for the command line.

use portaveu_store::{Role, Store, StoreError, User};

use crate::sign_in::password::{self, PasswordError};

/// Why an account cannot be made or changed.
#[derive(Debug, thiserror::Error)]
pub enum PeopleError {
    #[error("\"{0}\" cannot be a name here: write small letters, figures, dots and hyphens, at most 40")]
    Name(String),
    #[error("the first account's password is too easy: take at least {0} signs, and not the name")]
    Weak(usize),
    #[error("there is an account \"{0}\" already")]
    Known(String),
    #[error("there is no account \"{0}\"")]
    Unknown(String),
    #[error("\"{0}\" is the only account that can make others; make another one first")]
    Last(String),
    #[error(transparent)]
    Password(#[from] PasswordError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Make an account; gives the password for the first sign-in.
pub fn add(store: &Store, name: &str, role: Role) -> Result<String, PeopleError> {
    check_name(name)?;
    if store.user(name)?.is_some() {
        return Err(PeopleError::Known(name.to_owned()));
    }
    let password = password::invent()?;
    let user = User::new(name, role, password::hash(&password)?);
    store.put_user(&user)?;
    Ok(password)
}

/// The first account, of IT, with the password that the settings give it; nothing where there are accounts. Says whether it was made.
pub fn add_first(store: &Store, name: &str, password: &str) -> Result<bool, PeopleError> {
    check_first(name, password)?;
    if !store.users()?.is_empty() {
        return Ok(false);
    }
    store.put_user(&User::new(name, Role::It, password::hash(password)?))?;
    Ok(true)
}

/// Whether there can be such a first account.
pub fn check_first(name: &str, password: &str) -> Result<(), PeopleError> {
    check_name(name)?;
    if password::is_acceptable(password, name) { Ok(()) } else { Err(PeopleError::Weak(password::SHORTEST)) }
}

fn check_name(name: &str) -> Result<(), PeopleError> {
    let is_sign = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '.' | '-');
    let good = !name.is_empty() && name.len() <= 40 && name.chars().all(is_sign);
    if good { Ok(()) } else { Err(PeopleError::Name(name.to_owned())) }
}

/// Give a person a new password, without a second factor, and sign them out everywhere.
pub fn reset(store: &Store, name: &str) -> Result<String, PeopleError> {
    let password = password::invent()?;
    let kept = password::hash(&password)?;
    let change = |user: &mut User| {
        (user.password, user.must_change, user.totp, user.totp_step) = (kept, true, None, 0);
        (user.failures, user.locked_until) = (0, None);
    };
    store.change_user(name, change)?.ok_or_else(|| PeopleError::Unknown(name.to_owned()))?;
    store.sign_out_everywhere(name)?;
    Ok(password)
}

/// Remove an account, if somebody is left who can make others.
pub fn remove(store: &Store, name: &str) -> Result<(), PeopleError> {
    if store.user(name)?.is_none() {
        return Err(PeopleError::Unknown(name.to_owned()));
    }
    let makes_accounts = |user: &User| matches!(user.role, Role::Manager | Role::It);
    if !store.users()?.iter().any(|user| user.name != name && makes_accounts(user)) {
        return Err(PeopleError::Last(name.to_owned()));
    }
    Ok(store.remove_user(name)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_account_is_made_where_there_is_none() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("portaveu.redb")).unwrap();
        for (name, password) in
            [("Ana Puig", "cuatro palabras muy largas"), ("ana.puig", "corta"), ("ana.puig", "ana.puig2026!")]
        {
            assert!(add_first(&store, name, password).is_err(), "{name} {password}");
        }
        assert!(add_first(&store, "ana.puig", "cuatro palabras muy largas").unwrap());
        assert!(!add_first(&store, "joan.mas", "altres quatre paraules").unwrap());
        let [first] = store.users().unwrap().try_into().unwrap();
        assert!(first.name == "ana.puig" && first.role == Role::It && first.must_change);
        assert!(password::verify("cuatro palabras muy largas", Some(&first.password)));
    }
}
