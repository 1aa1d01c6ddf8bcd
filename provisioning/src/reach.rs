//! The box's place in the network: its own address, where the site has a lan.network; and whom the programs may reach besides the
//! town hall's own network: systemd's drop-ins, made of the site's settings. The root is read-only, so they lie in /run, and are made
//! at each start and whenever the site changes.
//!
//! Nothing but addresses must get from the settings into a unit.

use std::net::IpAddr;
use std::path::Path;

use toml::Table;

use crate::appliance::Appliance;
use crate::command;
use crate::disk;
use crate::refusal::Refusal;

pub fn renew(appliance: &Appliance) -> Result<(), Vec<String>> {
    let current = appliance.root.join("current");
    let peers = settings(&current.join("portaveu.toml"))?.map(|found| peers(&found)).unwrap_or_default();
    let broker = settings(&current.join("metrics.toml"))?.and_then(|found| broker(&found));
    let units = &appliance.units;
    let written = drop_in(units, "portaveu.service.d", "peers.conf", &peers)
        .and_then(|()| drop_in(units, "portaveu-safe.service.d", "peers.conf", &peers))
        .and_then(|()| drop_in(units, "portaveu-metrics.service.d", "broker.conf", broker.as_slice()));
    written.map_err(|why| vec![why.to_string()])?;
    command::run(&appliance.reload, None)?;
    lan(appliance)
}

/// The site's lan.network, in systemd-networkd's words; without one the box takes what DHCP gives.
fn lan(appliance: &Appliance) -> Result<(), Vec<String>> {
    let said = |why: Refusal| vec![why.to_string()];
    let (wanted, file) = (appliance.root.join("current/lan.network"), appliance.networks.join("10-portaveu.network"));
    let (wanted, there) = (disk::read(&wanted).map_err(said)?, disk::read(&file).map_err(said)?);
    if wanted == there {
        return Ok(()); // nobody's connection is cut
    }
    match wanted {
        None => disk::remove(&file).map_err(said)?,
        Some(text) => {
            disk::folder(&appliance.networks, 0o755).map_err(said)?;
            disk::write(&file, &text, 0o644).map_err(said)?;
        }
    }
    command::run(&appliance.reload_networks, None)
}

fn settings(path: &Path) -> Result<Option<Table>, Vec<String>> {
    let text = disk::read(path).map_err(|why| vec![why.to_string()])?;
    let parsed = text.map(|text| String::from_utf8_lossy(&text).parse::<Table>()).transpose();
    parsed.map_err(|error| vec![format!("{}: {}", path.display(), error.message())])
}

/// `[sip] peers`; each trunk must be among them.
fn peers(settings: &Table) -> Vec<String> {
    let listed = settings.get("sip").and_then(|sip| sip.get("peers")).and_then(|peers| peers.as_array());
    listed.into_iter().flatten().filter_map(|peer| network(peer.as_str()?)).collect()
}

/// `[broker] host`, where it is an address: systemd knows no names.
fn broker(settings: &Table) -> Option<String> {
    let host = settings.get("broker")?.get("host")?.as_str()?;
    let found = host.parse::<IpAddr>().ok().map(|address| address.to_string());
    if found.is_none() {
        println!("notice  metrics.toml: broker.host is a name, and the box lets portaveu-metrics reach addresses only");
    }
    found
}

/// An address or a network, as it is parsed and not as it is written.
fn network(text: &str) -> Option<String> {
    let (address, bits) = text.split_once('/').map_or((text, None), |(address, bits)| (address, Some(bits)));
    let address: IpAddr = address.parse().ok()?;
    let most = if address.is_ipv4() { 32 } else { 128 };
    let bits = bits.map_or(Some(most), |bits| bits.parse::<u8>().ok()).filter(|bits| *bits <= most)?;
    Some(format!("{address}/{bits}"))
}

fn drop_in(units: &Path, unit: &str, name: &str, addresses: &[String]) -> Result<(), Refusal> {
    let folder = units.join(unit);
    if addresses.is_empty() {
        return disk::remove(&folder.join(name));
    }
    disk::folder(&folder, 0o755)?;
    let text = format!("[Service]\nIPAddressAllow={}\n", addresses.join(" "));
    disk::write(&folder.join(name), text.as_bytes(), 0o644)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_addresses_get_into_a_unit() {
        assert_eq!(network("192.0.2.1").as_deref(), Some("192.0.2.1/32"));
        assert_eq!(network("2001:db8::/32").as_deref(), Some("2001:db8::/32"));
        for text in [
            "",
            "any",
            "192.0.2.1/33",
            "192.0.2.1\nExecStart=/bin/sh",
            "192.0.2.1 any",
            "pbx.example",
            "192.0.2.0/24/8",
        ] {
            assert_eq!(network(text), None, "{text}");
        }
    }
}
