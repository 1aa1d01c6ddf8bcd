//! The messages that callers left, for staff at the box's terminal.

use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::PathBuf;

use anyhow::{Context, Result, bail, ensure};
use clap::Subcommand;
use jiff::tz::TimeZone;
use portaveu_store::{Message, MessageState, Store};

use crate::config::Config;
use crate::control::{ask, audited};

#[derive(Subcommand, Debug)]
pub enum Command {
    /// Say that you will call back.
    Take { id: u64 },
    /// Say that it is dealt with.
    Done { id: u64 },
    /// Keep the caller's voice in a WAV file.
    Save { id: u64, file: PathBuf },
}

/// List the messages, or do something with one.
pub fn run(config: &Config, command: Option<&Command>) -> Result<()> {
    match command {
        None => {
            let listed: Vec<Message> = serde_json::from_slice(&ask(config, "messages list")?)?;
            print!("{}", table(&listed));
        }
        Some(Command::Take { id }) => {
            println!("{}", String::from_utf8_lossy(&ask(config, &format!("messages taken {id}"))?))
        }
        Some(Command::Done { id }) => {
            println!("{}", String::from_utf8_lossy(&ask(config, &format!("messages done {id}"))?))
        }
        Some(Command::Save { id, file }) => {
            let sound = ask(config, &format!("messages sound {id}"))?;
            // A caller's voice is for whoever saves it, and for nobody else.
            let opened = std::fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(file);
            let written = opened.and_then(|mut file| file.write_all(&sound));
            written.with_context(|| format!("{}: cannot be written", file.display()))?;
        }
    }
    Ok(())
}

fn table(messages: &[Message]) -> String {
    if messages.is_empty() {
        return "there are no messages\n".into();
    }
    let time = |message: &Message| message.at.to_zoned(TimeZone::system()).strftime("%Y-%m-%d %H:%M %Z").to_string();
    let line = |message: &Message| {
        let number = message.number.as_deref().unwrap_or("left no number");
        let when = if message.when.is_empty() { "any time" } else { &message.when };
        format!(
            "{}  {}  {}, for {} ({})\n    call back: {number}, {when}\n    about {}, in {} s, as the machine heard it: {}\n",
            message.id,
            time(message),
            state_name(message.state),
            message.department,
            message.language,
            message.topic.as_deref().unwrap_or("no known topic"),
            message.seconds,
            message.text
        )
    };
    messages.iter().map(line).collect()
}

fn state_name(state: MessageState) -> &'static str {
    match state {
        MessageState::New => "new",
        MessageState::Taken => "taken",
        MessageState::Done => "done",
    }
}

/// What is answered to a request after the word "messages".
pub fn answer(store: &Store, request: &str, changed: &dyn Fn(&str)) -> Result<Vec<u8>> {
    let (what, id) = request.split_once(' ').unwrap_or((request, "0"));
    let id: u64 = id.parse().with_context(|| format!("\"{id}\" is no message's number"))?;
    let no_such = || format!("there is no message {id}; `portaveu messages` lists them");
    let state = match what {
        "list" => {
            audited(store, "see_messages", "")?;
            return Ok(serde_json::to_vec(&store.messages()?)?);
        }
        "sound" => {
            let sound = store.message_sound(id)?.with_context(no_such)?;
            audited(store, "hear_message", &id.to_string())?;
            return Ok(sound);
        }
        "taken" => MessageState::Taken,
        "done" => MessageState::Done,
        other => bail!("\"{other}\" is nothing that can be asked for"),
    };
    ensure!(store.set_message_state(id, state)?, no_such());
    audited(store, "change_message", &id.to_string())?;
    if let Some(message) = store.messages()?.iter().find(|message| message.id == id) {
        changed(&message.department);
    }
    Ok(format!("message {id} is {what}").into_bytes())
}
