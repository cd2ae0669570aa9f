import type { AuditEvent } from '../../domain/change/audit.ts';
import type { Ramp } from '../../domain/ramp/ramp.ts';
import type { RampState } from '../../domain/ramp/ramp-state.ts';
import { gestureOf, type Happened } from '../audit.ts';

/** The audit event of a ramp that has just become this. */
export function rampEvent(ramp: Ramp, { asker, ...happened }: Happened, at: Date): AuditEvent {
  const { id, rev, name, by, reason, before } = ramp;
  const [{ object, rule }] = before;
  return {
    id: `${id}.${rev}`,
    at: at.toISOString(),
    ...{ rampId: id, askedBy: by, service: name, object, route: rule, reason },
    ...factsOf(ramp.state),
    ...(asker && gestureOf(asker)),
    ...happened,
  };
}

/** What happened, by the state that a ramp moved to by itself; undefined where its change tells it. */
export function kindOf(state: RampState): AuditEvent['kind'] | undefined {
  switch (state.kind) {
    case 'held':
      return 'ramp-stopped';
    case 'asking':
      return 'ramp-asks';
    case 'finished':
      return 'ramp-finished';
    case 'back':
      return 'ramp-is-back';
    case 'superseded':
      return 'superseded';
    case 'expired':
      return 'expired';
    case 'void':
      return 'voided';
    default:
      return undefined;
  }
}

function factsOf(
  state: RampState,
): Pick<AuditEvent, 'step' | 'because' | 'detail' | 'live' | 'other' | 'reason' | 'rule'> {
  switch (state.kind) {
    case 'held': {
      const { step, hold } = state;
      const live = hold.because === 'moved' ? hold.away.live : undefined;
      const detail = hold.because === 'step-failed' ? hold.reason : undefined;
      return { step, because: hold.because, live, detail };
    }
    case 'running':
    case 'paused':
    case 'asking':
    case 'stepping':
      return { step: state.step };
    case 'going-back':
    case 'back':
      return { because: state.why, other: state.change };
    case 'superseded':
      return { other: state.by };
    case 'awaiting':
      return { rule: state.needs.rule };
    default:
      return {};
  }
}
