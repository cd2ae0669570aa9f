import type { AuditEvent } from '../../src/domain/change/audit.ts';
import type { House } from './house.ts';

/** The whole trail of the audit, a line each: who, what, why, by which rule. */
export function trail(house: House): readonly string[] {
  return house.audit.trail.map(line);
}

function line({ kind, by, deed, because, rule, missing, other, reason }: AuditEvent): string {
  const said = [by?.user ?? 'nobody', kind, deed, because, missing, rule && `rule ${rule.name}`];
  return [...said, other && 'other', reason && `“${reason}”`].filter((part) => part !== undefined).join(' ');
}
