//! What lights mean, in the words of the label and of the voice that the button asks for: one table for both.

use portaveu_call::Language;

/// One thing to be said of the box.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Meaning {
    Starting,
    NotProvisioned,
    Reading,
    Verifying,
    Applying,
    Done,
    Refused,
    Safe,
    Answers,
    Updating,
    LinesUp,
    SomeLinesDown,
    LinesDown,
    NoCall,
    CallsGoingOn,
    AllChannels,
    NoFault,
    LookAtPanel,
    CallTechnician,
}

impl Meaning {
    /// As the label has them.
    pub const ALL: [Self; 19] = [
        Self::Starting,
        Self::NotProvisioned,
        Self::Reading,
        Self::Verifying,
        Self::Applying,
        Self::Done,
        Self::Refused,
        Self::Safe,
        Self::Answers,
        Self::Updating,
        Self::LinesUp,
        Self::SomeLinesDown,
        Self::LinesDown,
        Self::NoCall,
        Self::CallsGoingOn,
        Self::AllChannels,
        Self::NoFault,
        Self::LookAtPanel,
        Self::CallTechnician,
    ];

    pub fn name(self) -> &'static str {
        self.row()[0]
    }

    /// In this language; in Spanish where the label has it not.
    pub fn text(self, language: Language) -> &'static str {
        let [_, es, ca, en] = self.row();
        match language {
            Language::Ca => ca,
            Language::En => en,
            _ => es,
        }
    }

    /// Its name, and its words in Spanish, Valencian and English.
    #[rustfmt::skip] // a table is read by its rows
    fn row(self) -> [&'static str; 4] {
        match self {
            Self::Starting => ["starting", "Arrancando; tarda un minuto.", "S'està iniciant; tarda un minut.", "Starting; this takes a minute."],
            Self::NotProvisioned => ["not-provisioned", "Sin configurar: falta el lápiz USB.", "Sense configurar: falta el llapis USB.", "Not set up: it needs its USB stick."],
            Self::Reading => ["reading", "Lee el lápiz USB; no lo quite.", "Llig el llapis USB; no el tragueu.", "Reading the USB stick; leave it in."],
            Self::Verifying => ["verifying", "Comprueba las firmas; no quite el lápiz.", "Comprova les firmes; no tragueu el llapis.", "Checking signatures; leave the stick in."],
            Self::Applying => ["applying", "Se configura; no quite el lápiz.", "Es configura; no tragueu el llapis.", "Being set up; leave the stick in."],
            Self::Done => ["done", "Configurado: ya puede quitar el lápiz.", "Configurat: ja podeu traure el llapis.", "Set up: you may take the stick out."],
            Self::Refused => ["refused", "Lápiz rechazado: el recibo dice por qué.", "Llapis rebutjat: el rebut diu per què.", "Stick refused: its receipt says why."],
            Self::Safe => ["safe", "Modo seguro: llame al técnico.", "Mode segur: telefoneu al tècnic.", "Safe mode: call the technician."],
            Self::Answers => ["answers", "Funciona y contesta.", "Funciona i contesta.", "It works and answers."],
            Self::Updating => ["updating", "Se actualiza y contesta; no lo apague.", "S'actualitza i contesta; no l'apagueu.", "Updating, and answers; leave it on."],
            Self::LinesUp => ["lines-up", "Todas las líneas funcionan.", "Totes les línies funcionen.", "All lines are up."],
            Self::SomeLinesDown => ["some-lines-down", "Falla alguna línea.", "Falla alguna línia.", "A line is down."],
            Self::LinesDown => ["lines-down", "Sin línea: mire la centralita y el cable.", "Sense línia: mireu la centraleta i el cable.", "No line: look at the PBX and the cable."],
            Self::NoCall => ["no-call", "No hay llamadas.", "No hi ha telefonades.", "No calls."],
            Self::CallsGoingOn => ["calls", "Hay llamadas en curso.", "Hi ha telefonades en curs.", "Calls are going on."],
            Self::AllChannels => ["all-channels", "Todos los canales ocupados.", "Tots els canals ocupats.", "All channels are taken."],
            Self::NoFault => ["no-fault", "Sin averías.", "Sense avaries.", "No fault."],
            Self::LookAtPanel => ["look-at-panel", "Algo falla: mire el panel.", "Alguna cosa falla: mireu el panell.", "Something is amiss: look at the panel."],
            Self::CallTechnician => ["call-technician", "Avería: llame al técnico.", "Avaria: telefoneu al tècnic.", "Broken: call the technician."],
        }
    }
}
