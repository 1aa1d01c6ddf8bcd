//! A wire to the broker that breaks at the worst moment: when the broker has answered, and the answer is not there yet.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

pub struct Wire {
    pub port: u16,
    breaks: Arc<AtomicBool>,
}

impl Wire {
    /// What connects with it is connected with `to`.
    pub fn new(to: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let (port, breaks) = (listener.local_addr().unwrap().port(), Arc::new(AtomicBool::new(false)));
        let with_answer = breaks.clone();
        std::thread::spawn(move || {
            for near in listener.incoming().flatten() {
                let Ok(far) = TcpStream::connect(("127.0.0.1", to)) else { continue };
                pump(near.try_clone().unwrap(), far.try_clone().unwrap(), Arc::default());
                pump(far, near, with_answer.clone());
            }
        });
        Self { port, breaks }
    }

    /// The next thing that the broker says is lost, and the wire with it.
    pub fn lose_the_next_answer(&self) {
        self.breaks.store(true, Ordering::SeqCst);
    }
}

fn pump(mut from: TcpStream, mut to: TcpStream, breaks: Arc<AtomicBool>) {
    std::thread::spawn(move || {
        let mut bytes = [0; 4096];
        while let Ok(length @ 1..) = from.read(&mut bytes) {
            if breaks.swap(false, Ordering::SeqCst) || to.write_all(&bytes[..length]).is_err() {
                break;
            }
        }
        let _ = (from.shutdown(Shutdown::Both), to.shutdown(Shutdown::Both));
    });
}
