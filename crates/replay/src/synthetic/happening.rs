//! What happens next: which event, and what is wrong with it.

use super::{
    Called, Event, Facts, Found, Framing, Kind, MOST_COMMANDED, MOST_OWED, Model, Pending,
    PlantedIn, REMOVED, REPLACED, Recording, Rule, Scope, Spot, Turn, Version, commands, text,
};
use crate::chance::Chance;

/// Types that have nothing to do with anything else, and that both versions have.
const PLAIN: &[Kind] =
    &[Kind::Heartbeat, Kind::SensorReading, Kind::LogEntry, Kind::Aggregate, Kind::Object];

/// What happens at a turn.
#[derive(Clone, Copy)]
struct Plan {
    kind: Kind,
    /// The version whose form it has.
    form: Version,
    /// What is wrong with it.
    rule: Option<Rule>,
    command: Option<Called>,
}

impl Plan {
    fn broken(self, rule: Rule) -> Self {
        Self { rule: Some(rule), ..self }
    }
}

impl Recording {
    /// Writes the next event without white space; tells which rule it breaks, and where.
    pub(super) fn compact_event(&mut self, out: &mut Vec<u8>) -> Option<(Rule, Spot)> {
        let turn = self.fleet.next().expect("an event is left");
        let plan = self.plan(&turn);
        let Plan { kind, form, rule, command } = plan;
        let start = out.len();
        let received = self.start + turn.heard.cast_signed();
        let occurred = match rule {
            // The device's clock runs fast.
            Some(Rule::ReceivedBeforeEvent) => {
                received + 30 + (turn.chance.number() % 600).cast_signed()
            }
            _ if kind.is_of_device() => self.start + turn.occurs.cast_signed(),
            _ => received,
        };
        self.writer.event(
            out,
            Facts {
                kind,
                form,
                device: &mut self.fleet.devices[turn.device],
                number: self.events,
                occurred,
                received,
                chance: turn.chance.of(4),
                command,
                is_plain: rule.is_some(),
            },
        );
        let spot = rule.map(|rule| (rule, self.break_rule(out, start, rule, turn.chance.of(5))));
        if self.document.written == 0 && rule.is_none() {
            self.document.first = Some(self.events);
        }
        self.document.votes += match rule {
            Some(Rule::EventAddedLater | Rule::EventReplaced) => -1,
            // A status may be of either version.
            None if kind != Kind::Status => 1,
            _ => 0,
        };
        self.document.last = (occurred, received);
        self.document.written += 1;
        self.events += 1;
        spot
    }

    /// Breaks a rule in the event that begins at `start`.
    fn break_rule(&mut self, out: &mut Vec<u8>, start: usize, rule: Rule, chance: Chance) -> Spot {
        let bits = chance.number();
        if rule.scope() == Scope::Damage {
            let at = Event::at(out, start).damage(rule, self.settings.framing, bits);
            return Spot { at, pointer: String::new() };
        }
        let earlier = match rule {
            Rule::ConflictingRedelivery => self.earlier.take(),
            Rule::DuplicateEventId => Some(self.events - 1),
            _ => None,
        };
        if let Some(number) = earlier {
            let mut id = Vec::new();
            self.writer.event_id(&mut id, number);
            Event::at(out, start).set_id(&id);
        }
        if rule == Rule::ConflictingRedelivery {
            Event::at(out, start).rename_device();
        }
        if rule == Rule::EventsOutOfOrder {
            let (occurred, received) = self.document.last;
            let early = occurred.min(received) - 3_600;
            for (name, seconds) in [("EventTime", early), ("ReceivedTime", early + 1)] {
                let mut time = Vec::new();
                self.writer.times.write(&mut time, seconds);
                Event::at(out, start).set_time(name, &time);
            }
        }
        Event::at(out, start).plant(rule, self.settings.version, bits)
    }

    fn plan(&mut self, turn: &Turn) -> Plan {
        let must_complete = turn.is_last && self.fleet.devices[turn.device].pending.is_some();
        let is_last = self.document.written + 1 == self.document.events;
        match self.document.rule {
            None if self.of_events.is_empty() => {}
            None => {
                if let Some(plan) = self.broken(turn, must_complete) {
                    return plan;
                }
            }
            Some(rule) if rule.scope() == Scope::Damage => {
                // What becomes of a command must be readable.
                if must_complete {
                    self.document.rule = None;
                } else if is_last {
                    return self.unbroken(turn, false).broken(rule);
                }
            }
            Some(rule @ Rule::MixedVersions) => {
                let form = self.settings.version.other();
                let rule = (!self.settings.framing.has_batches()).then_some(rule);
                return Plan { kind: Kind::Heartbeat, form, rule, command: None };
            }
            Some(rule @ (Rule::DuplicateEventId | Rule::EventsOutOfOrder)) => {
                let chance = self.chance.named(b"place").of(self.documents);
                let place = 1 + chance.number() % (self.document.events - 1);
                if place == self.document.written && must_complete {
                    self.document.rule = None;
                } else if place == self.document.written {
                    return self.one_of(PLAIN, turn).broken(rule);
                }
            }
            Some(_) => {}
        }
        let is_damaged = self.document.rule.is_some_and(|rule| rule.scope() == Scope::Damage);
        self.unbroken(turn, !is_damaged)
    }

    /// What happens if nothing is wrong.
    fn unbroken(&mut self, turn: &Turn, with_commands: bool) -> Plan {
        let device = &self.fleet.devices[turn.device];
        let is_handheld = device.model == Model::Handheld
            && self.settings.version == Version::V3
            && 0 < self.kinds[1].share(Kind::Object);
        let (is_due, is_pending) = match device.pending {
            Some(pending) => (turn.is_last || !turn.is_offline && pending.due <= turn.occurs, true),
            None => (false, false),
        };
        if is_due && with_commands {
            return self.complete(turn);
        }
        let table = if turn.is_offline {
            2
        } else {
            usize::from(!with_commands || is_handheld || !self.can_queue(turn))
        };
        let kind = self.kinds[table].choose(turn.chance.of(6).number());
        match kind {
            Some(Kind::CommandQueued) => self.queue(turn, None),
            Some(Kind::Aggregate | Kind::SensorReading | Kind::LogEntry) if is_handheld => {
                self.of_kind(Kind::Object)
            }
            Some(kind) => self.of_kind(kind),
            None if is_pending && with_commands && !turn.is_offline => self.complete(turn),
            None => self.of_kind(Kind::Heartbeat),
        }
    }

    fn of_kind(&self, kind: Kind) -> Plan {
        Plan { kind, form: self.settings.version, rule: None, command: None }
    }

    fn one_of(&self, kinds: &[Kind], turn: &Turn) -> Plan {
        let number = turn.chance.of(7).number();
        self.of_kind(kinds[text::below(number, kinds.len())])
    }

    /// Whether a command can be queued that the device will complete.
    fn can_queue(&self, turn: &Turn) -> bool {
        let device = &self.fleet.devices[turn.device];
        device.pending.is_none()
            && !turn.is_last
            && !turn.is_offline
            && device.index < MOST_COMMANDED
    }

    /// A command, which is completed later; `defect` is what will be wrong then.
    fn queue(&mut self, turn: &Turn, defect: Option<Rule>) -> Plan {
        let called = self.call(turn, defect);
        self.fleet.devices[turn.device].pending = Some(called.pending);
        let command = Some(called);
        Plan { command, ..self.of_kind(Kind::CommandQueued) }
    }

    /// A command that is called now.
    fn call(&self, turn: &Turn, defect: Option<Rule>) -> Called {
        let bits = turn.chance.of(8).number();
        let delay = (60 + bits % 540).min(self.most_delay);
        let own = commands(self.settings.version).len() as u64;
        // Somebody may still call the other version of the API, for what both have.
        let is_other = self.settings.version == Version::V3 && bits >> 59 == 0 && defect.is_none();
        let (command, by) = match defect {
            Some(Rule::CommandReplaced) => (u64::from(REPLACED), Version::V2),
            Some(Rule::CommandRemoved) => (u64::from(REMOVED), Version::V2),
            _ if is_other => ((bits >> 16) % 6, Version::V2),
            _ => ((bits >> 16) % own, self.settings.version),
        };
        let pending = Pending {
            number: self.events,
            command: u8::try_from(command).expect("commands are few"),
            by,
            queued: turn.heard,
            due: turn.heard + delay,
            defect,
        };
        self.called(pending)
    }

    fn called(&self, pending: Pending) -> Called {
        Called { pending, queued: self.start + pending.queued.cast_signed() }
    }

    /// The end of the command that the device works at.
    fn complete(&mut self, turn: &Turn) -> Plan {
        let pending = self.fleet.devices[turn.device].pending.take();
        let pending = pending.expect("the device works at a command");
        let command = Some(self.called(pending));
        Plan { command, rule: pending.defect, ..self.of_kind(Kind::CommandCompletion) }
    }

    /// What happens if something is to be wrong, or was to be before and could not.
    fn broken(&mut self, turn: &Turn, must_complete: bool) -> Option<Plan> {
        let number = self.chance.named(b"defect").of(self.events).number();
        if let Some(rule) = self.of_events.choose(number) {
            let plan = self.broken_by(rule, turn, must_complete);
            if plan.is_none() && self.owed.len() < MOST_OWED {
                self.owed.push(rule);
            }
            return plan;
        }
        for at in 0..self.owed.len() {
            let plan = self.broken_by(self.owed[at], turn, must_complete);
            if plan.is_some() {
                self.owed.remove(at);
                return plan;
            }
        }
        None
    }

    /// What happens so that a rule is broken; nothing if it cannot be broken now.
    fn broken_by(&mut self, rule: Rule, turn: &Turn, must_complete: bool) -> Option<Plan> {
        let pending = self.fleet.devices[turn.device].pending;
        if rule == Rule::CommandMismatch
            && pending.is_some_and(|pending| {
                pending.defect.is_none() && pending.by == self.settings.version
            })
        {
            return Some(self.complete(turn).broken(rule));
        }
        if must_complete {
            return None;
        }
        let version = self.settings.version;
        let kinds: &[Kind] = match rule {
            Rule::CommandMismatch | Rule::CommandReplaced | Rule::CommandRemoved => {
                return self.can_queue(turn).then(|| self.queue(turn, Some(rule)));
            }
            Rule::UriVersionMismatch => {
                return self.can_queue(turn).then(|| self.queue_by(turn, version).broken(rule));
            }
            Rule::PropertyRenamed if version == Version::V2 => {
                return self.can_queue(turn).then(|| self.queue_by(turn, version).broken(rule));
            }
            Rule::QueuedWithoutCompletion | Rule::CompletionWithoutQueued => {
                return self.alone(rule, turn);
            }
            Rule::ConflictingRedelivery if self.earlier.is_none() => return None,
            Rule::EventAddedLater | Rule::EventReplaced if self.document.votes < 2 => return None,
            Rule::EventAddedLater => {
                &[Kind::DeviceAdded, Kind::DeviceRemoved, Kind::AliasAdded, Kind::CredentialsAdded]
            }
            Rule::EventReplaced | Rule::VersionBeforeV3 => {
                &[Kind::LogicalDeviceAdded, Kind::LogicalDeviceRemoved]
            }
            Rule::PropertyRenamed => &[Kind::DeviceAdded, Kind::DeviceRemoved],
            Rule::MissingVersion => &[
                Kind::DeviceAdded,
                Kind::DeviceModified,
                Kind::DeviceRemoved,
                Kind::AliasAdded,
                Kind::AliasRemoved,
                Kind::CredentialsAdded,
                Kind::CredentialsModified,
                Kind::CredentialsRemoved,
            ],
            Rule::ValueNotAllowed if version == Version::V2 => &[Kind::LogicalDeviceAdded],
            Rule::ValueNotAllowed => {
                &[Kind::DeviceAdded, Kind::DeviceModified, Kind::AliasAdded, Kind::AliasModified]
            }
            Rule::UnexpectedVersion => {
                &[Kind::Heartbeat, Kind::SensorReading, Kind::LogEntry, Kind::Aggregate]
            }
            Rule::PropertyAddedLater => &[Kind::Object],
            Rule::EpcAddedAndRemoved => &[Kind::Aggregate],
            Rule::DuplicateEpc => &[Kind::Aggregate, Kind::Object],
            _ => PLAIN,
        };
        let plan = self.one_of(kinds, turn).broken(rule);
        Some(match rule {
            Rule::EventAddedLater | Rule::EventReplaced => {
                Plan { form: self.settings.version.other(), ..plan }
            }
            _ => plan,
        })
    }

    /// A command that is called by the version of the recording.
    fn queue_by(&mut self, turn: &Turn, by: Version) -> Plan {
        let mut plan = self.queue(turn, None);
        let pending = &mut self.fleet.devices[turn.device].pending;
        for pending in plan.command.iter_mut().map(|called| &mut called.pending).chain(pending) {
            pending.by = by;
        }
        plan
    }

    /// One event of a command without the other.
    fn alone(&self, rule: Rule, turn: &Turn) -> Option<Plan> {
        // One response of many says nothing about what is not in it.
        if self.sound == 0 {
            return None;
        }
        let kind = match rule {
            Rule::QueuedWithoutCompletion => Kind::CommandQueued,
            _ => Kind::CommandCompletion,
        };
        let command = Some(self.call(turn, None));
        Some(Plan { command, ..self.of_kind(kind) }.broken(rule))
    }

    /// Notes the defect of the event that was written last, which begins at `start`.
    pub(super) fn note(
        &mut self,
        broken: Option<(Rule, Spot)>,
        text: &mut Vec<u8>,
        start: usize,
        place: impl Fn(usize) -> usize,
    ) {
        let Some((rule, Spot { at, pointer })) = broken else { return };
        let index = self.document.written - 1;
        let framing = self.settings.framing;
        let is_of_document = matches!(rule.scope(), Scope::Damage | Scope::Once);
        let (index, prefix) = match framing {
            Framing::Lines => (None, String::new()),
            Framing::Array => (Some(self.elements), self.element_pointer()),
            _ if is_of_document => (None, String::new()),
            _ => (Some(index), format!("/Events/{index}")),
        };
        let event = (!is_of_document).then(|| {
            let event = Event::at(text, start);
            PlantedIn { index, type_name: event.string("Type"), id: event.string("EventId") }
        });
        self.found.push(Found {
            rule,
            at: place(at),
            document: self.documents,
            pointer: format!("{prefix}{pointer}"),
            event,
        });
    }

    /// The way to the element of the array that is being written.
    pub(super) fn element_pointer(&self) -> String {
        format!("/{}", self.elements)
    }
}
