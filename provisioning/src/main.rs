//! `portaveu-provision`: the command line. On a technician's laptop: `keygen`, `build`, `sign`, `verify`, `receipt`. On a box:
//! `first-boot`, `stick` (by udev and systemd), `apply`, `reset`.

use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result, anyhow, bail, ensure};
use clap::{Parser, Subcommand};
use minisign::SecretKey;
use portaveu_provision::appliance::Appliance;
use portaveu_provision::apply::{Run, Taken};
use portaveu_provision::build::{self, Contents};
use portaveu_provision::identity::{self, Identity};
use portaveu_provision::keys::{self, Trusted};
use portaveu_provision::lights::{self, Lights};
use portaveu_provision::manifest::Manifest;
use portaveu_provision::receipt::{Found, Outcome, Receipt};
use portaveu_provision::site::Sites;
use portaveu_provision::stick::Stick;
use portaveu_provision::{command, device, reach, receipt, reset};

/// A refusal that the receipt tells of; anything else that fails is 1.
const REFUSED: u8 = 2;

/// Makes the stick that sets a box up, and applies it on the box.
#[derive(Parser)]
#[command(version)]
struct Options {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Laptop: make the pair of keys that sticks are signed with. The passphrase is read from standard input.
    Keygen {
        /// Where provision.key and provision.pub are put.
        #[arg(long, default_value = ".")]
        out: PathBuf,
        /// For a key that a machine uses by itself.
        #[arg(long)]
        without_passphrase: bool,
    },
    /// Laptop: put a bundle on a stick.
    Build {
        #[command(flatten)]
        contents: Contents,
        /// The folder where the stick is mounted.
        #[arg(long)]
        stick: PathBuf,
        /// Sign it at once; its passphrase is read from standard input.
        #[arg(long)]
        key: Option<PathBuf>,
    },
    /// Laptop: sign the bundle on a stick. The key's passphrase is read from standard input.
    Sign {
        #[arg(long)]
        stick: PathBuf,
        #[arg(long)]
        key: PathBuf,
    },
    /// Laptop: read a stick as the box will, and say what is on it.
    Verify {
        #[arg(long)]
        stick: PathBuf,
        /// The public key that the box trusts.
        #[arg(long, default_value = "provision.pub")]
        trusted: PathBuf,
    },
    /// Laptop: verify and show the receipts that boxes wrote to a stick.
    Receipt {
        #[arg(long)]
        stick: PathBuf,
        /// The box's card.
        #[arg(long, value_name = "CARD")]
        box_key: PathBuf,
    },
    /// Box: apply the stick that is mounted here.
    Apply {
        #[arg(long)]
        stick: PathBuf,
        #[command(flatten)]
        appliance: Appliance,
    },
    /// Box: mount a stick, apply it and write the receipt; udev starts it.
    Stick {
        /// A block device.
        device: PathBuf,
        #[arg(long, default_value = "/run/portaveu-stick")]
        mount: PathBuf,
        /// Run at the end if an update was installed.
        #[arg(long, default_value = "/usr/bin/systemctl --no-block reboot")]
        reboot: String,
        #[command(flatten)]
        appliance: Appliance,
    },
    /// Box, at each start: make the identity, if there is none; finish a reset that was cut short; tell systemd whom the programs
    /// may reach.
    FirstBoot {
        #[command(flatten)]
        appliance: Appliance,
    },
    /// Box: back to how it was unpacked. Site, calls and messages are gone then; the identity stays.
    Reset {
        /// It is meant.
        #[arg(long)]
        yes: bool,
        #[command(flatten)]
        appliance: Appliance,
    },
}

fn main() -> ExitCode {
    match start(Options::parse().command) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("portaveu-provision: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn start(command: Command) -> Result<ExitCode> {
    match command {
        Command::Keygen { out, without_passphrase } => keygen(&out, without_passphrase)?,
        Command::Build { contents, stick, key } => build(&contents, &stick, key.as_deref())?,
        Command::Sign { stick, key } => sign(&stick, &key)?,
        Command::Verify { stick, trusted } => verify(&stick, &trusted)?,
        Command::Receipt { stick, box_key } => receipts(&stick, &box_key)?,
        Command::Apply { stick, appliance } => return apply(&stick, &appliance),
        Command::Stick { device, mount, reboot, appliance } => return plugged(&device, &mount, &reboot, &appliance),
        Command::FirstBoot { appliance } => first_boot(&appliance)?,
        Command::Reset { yes, appliance } => {
            ensure!(yes, "site, calls and messages would be gone; add --yes if that is meant");
            reset::by_hand(&appliance)?;
            println!("done    the box is as it left the factory; it keeps its name");
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn keygen(out: &Path, without_passphrase: bool) -> Result<()> {
    build::no_key_is_in(out)?;
    let passphrase = if without_passphrase { None } else { Some(new_passphrase()?) };
    let (secret, public) = build::keygen(out, passphrase)?;
    println!("secret  {}: keep it; who has it and its passphrase sets up your boxes", secret.display());
    println!("public  {}: /etc/portaveu/provision.pub in the image of your boxes", public.display());
    Ok(())
}

fn new_passphrase() -> Result<String> {
    let chosen = passphrase("for the new key, twelve characters or more")?;
    ensure!(chosen.chars().count() >= 12, "a passphrase has twelve characters or more");
    // Whoever types it does not see it.
    let again = if std::io::stdin().is_terminal() { passphrase("again")? } else { chosen.clone() };
    ensure!(chosen == again, "the two passphrases differ; no key was made");
    Ok(chosen)
}

fn passphrase(what: &str) -> Result<String> {
    if std::io::stdin().is_terminal() {
        return Ok(rpassword::prompt_password(format!("passphrase {what}: "))?);
    }
    eprintln!("passphrase {what}:");
    let mut line = String::new();
    std::io::stdin().read_line(&mut line)?;
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
}

fn unlock(path: &Path) -> Result<SecretKey> {
    let text = std::fs::read_to_string(path).with_context(|| format!("{}: cannot be read", path.display()))?;
    if let Some(key) = keys::unlocked(&text) {
        return Ok(key);
    }
    keys::unlock(&text, passphrase(&format!("of {}", path.display()))?)
        .with_context(|| format!("{}: is no secret key, or the passphrase is not right", path.display()))
}

fn trusted(path: &Path) -> Result<Trusted> {
    let text = std::fs::read_to_string(path).with_context(|| format!("{}: cannot be read", path.display()))?;
    Trusted::parse(&text).map_err(|why| anyhow!("{}: {why}", path.display()))
}

fn build(contents: &Contents, stick: &Path, key: Option<&Path>) -> Result<()> {
    let key = key.map(unlock).transpose()?;
    let manifest = build::build(contents, stick)?;
    show(&manifest);
    match key {
        Some(key) => {
            build::sign(stick, &key)?;
            println!("signed  unmount the stick before pulling it out");
        }
        None => println!("next    portaveu-provision sign --stick {} --key keys/provision.key", stick.display()),
    }
    Ok(())
}

fn sign(stick: &Path, key: &Path) -> Result<()> {
    build::sign(stick, &unlock(key)?)?;
    println!("signed  unmount the stick before pulling it out");
    Ok(())
}

fn verify(stick: &Path, key: &Path) -> Result<()> {
    show(&build::verify(stick, &trusted(key)?)?);
    println!("good    signature, sizes and sums are right");
    Ok(())
}

fn show(manifest: &Manifest) {
    println!("bundle  version {}, made {}", manifest.version, manifest.made);
    println!("for     {} ({})", identity::name_of(&manifest.recipient), manifest.recipient);
    let sealed = manifest.files.iter().filter(|entry| entry.path.is_sealed()).count();
    match manifest.files.len() {
        0 if manifest.reset => {}
        0 => println!("site    none; it stays as it is"),
        files => println!("site    {files} files, {sealed} of them sealed for the box"),
    }
    if let Some(update) = &manifest.update {
        println!("update  {} MiB", update.size >> 20);
    }
    if manifest.reset {
        println!("reset   site, calls and messages of the box will be gone");
    }
}

fn receipts(stick: &Path, card: &Path) -> Result<()> {
    let card = build::card(card)?;
    let key = card.signs().map_err(|why| anyhow!(why))?;
    let found = receipt::on_stick(stick, &card.name).map_err(|why| anyhow!("{why}"))?;
    if found.is_empty() {
        bail!("there is no receipt of {} on the stick", card.name);
    }
    let mut all_good = true;
    for Found { name, bytes, signature } in &found {
        let good = key.signed(bytes, signature);
        all_good &= good;
        println!("{} {name}", if good { "good   " } else { "NOT BY THIS BOX" });
        match serde_json::from_slice::<Receipt>(bytes) {
            Ok(receipt) if good => print(&receipt),
            _ => {}
        }
    }
    ensure!(all_good, "a receipt was changed, or is another box's");
    Ok(())
}

fn print(receipt: &Receipt) {
    println!("        {} {:?}", receipt.at, receipt.outcome);
    for text in [&receipt.text.es, &receipt.text.ca, &receipt.text.en] {
        println!("        {text}");
    }
    receipt.details.iter().for_each(|line| println!("        | {line}"));
    let site = receipt.site.map_or("none; nothing answers".into(), |version| format!("version {version}"));
    println!("        site in effect: {site}");
}

fn apply(stick: &Path, appliance: &Appliance) -> Result<ExitCode> {
    let mut lights = Lights::claim();
    let mut run = Run::begin(appliance, &mut lights)?;
    let taken = match Stick::open(stick) {
        Ok(stick) => run.take(&stick),
        Err(why) => Taken::Refused(None, why),
    };
    let receipt = run.finish(taken);
    run.tell(receipt.as_ref(), Stick::open(stick))?;
    Ok(code(receipt.as_ref()))
}

fn plugged(device: &Path, mount: &Path, reboot: &str, appliance: &Appliance) -> Result<ExitCode> {
    let mut lights = Lights::claim();
    let mut run = Run::begin(appliance, &mut lights)?;
    let receipt = device::provision(&mut run, device, mount)?;
    if receipt.as_ref().is_some_and(|receipt| receipt.updated) {
        command::run(reboot, None).map_err(|said| anyhow!("the box does not start again: {}", said.join("; ")))?;
    }
    lights.until_pulled_out(device);
    drop(lights);
    rest(appliance);
    Ok(code(receipt.as_ref()))
}

fn code(receipt: Option<&Receipt>) -> ExitCode {
    let Some(receipt) = receipt else { return ExitCode::SUCCESS };
    print(receipt);
    if receipt.outcome == Outcome::Refused { ExitCode::from(REFUSED) } else { ExitCode::SUCCESS }
}

fn first_boot(appliance: &Appliance) -> Result<()> {
    let _lock = appliance.lock()?;
    reset::finish(appliance)?;
    println!("box     {}", Identity::of(&appliance.root)?.name());
    if let Err(said) = reach::renew(appliance) {
        println!("notice  {}", said.join("; "));
    }
    rest(appliance);
    Ok(())
}

/// What the lights of a box without a site show, since nothing runs there that would.
fn rest(appliance: &Appliance) {
    if Sites::of(&appliance.root).current().is_none() {
        lights::not_provisioned();
    }
}
