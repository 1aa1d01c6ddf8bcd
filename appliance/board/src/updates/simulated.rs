//! Two slots that are not there, for a workstation: what comes in is counted and thrown away.

use embedded_svc::io::{ErrorType, Write};
use embedded_svc::ota::{Ota, OtaUpdate, OtaUpdateFinished, Slot, SlotState};

use super::{UpdateError, cut, firmware};

pub struct SimulatedUpdates {
    /// What each slot holds: the bytes of its update, or what came from the factory.
    slots: [(SlotState, Option<usize>); 2],
    running: usize,
    next: usize,
}

impl Default for SimulatedUpdates {
    fn default() -> Self {
        Self { slots: [(SlotState::Factory, None), (SlotState::Invalid, None)], running: 0, next: 0 }
    }
}

impl SimulatedUpdates {
    /// As if the box were switched off and on. What was never said to be good is left again by the boot after next.
    pub fn reboot(&mut self) {
        if self.running == self.next && self.slots[self.running].0 == SlotState::Unverified {
            self.slots[self.running].0 = SlotState::Invalid;
            self.next = 1 - self.running;
        }
        self.running = self.next;
    }

    fn slot(&self, place: usize) -> Slot {
        let (state, bytes) = self.slots[place];
        let firmware = bytes.map(|bytes| firmware(&format!("{bytes} bytes"), "", None));
        Slot { label: cut(&format!("root.{place}"), 32), state, firmware }
    }
}

impl ErrorType for SimulatedUpdates {
    type Error = UpdateError;
}

impl Ota for SimulatedUpdates {
    type Update<'a> = SimulatedUpdate<'a>;

    fn get_boot_slot(&self) -> Result<Slot, UpdateError> {
        Ok(self.slot(self.next))
    }

    fn get_running_slot(&self) -> Result<Slot, UpdateError> {
        Ok(self.slot(self.running))
    }

    fn get_update_slot(&self) -> Result<Slot, UpdateError> {
        Ok(self.slot(1 - self.running))
    }

    fn is_factory_reset_supported(&self) -> Result<bool, UpdateError> {
        Ok(false)
    }

    fn factory_reset(&mut self) -> Result<(), UpdateError> {
        Err(UpdateError::FactoryReset)
    }

    fn initiate_update(&mut self) -> Result<SimulatedUpdate<'_>, UpdateError> {
        Ok(SimulatedUpdate { updates: self, bytes: 0 })
    }

    fn mark_running_slot_valid(&mut self) -> Result<(), UpdateError> {
        self.slots[self.running].0 = SlotState::Valid;
        Ok(())
    }

    fn mark_running_slot_invalid_and_reboot(&mut self) -> UpdateError {
        self.slots[self.running].0 = SlotState::Invalid;
        self.next = 1 - self.running;
        UpdateError::Reboot("it is simulated".into())
    }
}

pub struct SimulatedUpdate<'a> {
    updates: &'a mut SimulatedUpdates,
    bytes: usize,
}

impl ErrorType for SimulatedUpdate<'_> {
    type Error = UpdateError;
}

impl Write for SimulatedUpdate<'_> {
    fn write(&mut self, bytes: &[u8]) -> Result<usize, UpdateError> {
        self.bytes += bytes.len();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> Result<(), UpdateError> {
        Ok(())
    }
}

impl<'a> OtaUpdate for SimulatedUpdate<'a> {
    type OtaUpdateFinished = Self;

    fn finish(self) -> Result<Self, UpdateError> {
        Ok(self)
    }

    fn complete(self) -> Result<(), UpdateError> {
        self.activate()
    }

    fn abort(self) -> Result<(), UpdateError> {
        Ok(())
    }
}

impl OtaUpdateFinished for SimulatedUpdate<'_> {
    fn activate(self) -> Result<(), UpdateError> {
        let free = 1 - self.updates.running;
        self.updates.slots[free] = (SlotState::Unverified, Some(self.bytes));
        self.updates.next = free;
        Ok(())
    }
}
