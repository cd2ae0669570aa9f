import type { Workload } from '../pods.ts';
import { presets } from './presets.ts';
import { type Faults, failStatuses, longestDelayMs, noFault, type VersionFault } from './version-faults.ts';

/** What a form or a link asks for. */
export type Asked =
  | { readonly kind: 'faults'; readonly faults: Faults }
  | { readonly kind: 'mistake'; readonly complaint: string };

/** The text of each field of the form: `reviews-v3.fail` is `5`. */
export type Fields = ReadonlyMap<string, string>;

interface Field {
  /** Undefined if the text says nothing that the field can be. */
  readonly read: (text: string) => Partial<VersionFault> | undefined;
  readonly write: (fault: VersionFault) => number;
  readonly allowed: string;
}

/** By the last part of the field's name. */
const fields: Readonly<Record<string, Field>> = {
  fail: {
    read: (text) => within(text, 100, (failPercent) => ({ failPercent })),
    write: ({ failPercent }) => failPercent,
    allowed: 'The share of failures is a number from 0 to 100.',
  },
  status: {
    read: (text) => {
      const status = failStatuses.find((each) => String(each) === text.trim());
      return status && { status };
    },
    write: ({ status }) => status,
    allowed: `The status of failures is ${failStatuses.join(' or ')}.`,
  },
  slow: {
    read: (text) => within(text, 100, (slowPercent) => ({ slowPercent })),
    write: ({ slowPercent }) => slowPercent,
    allowed: 'The share of slow requests is a number from 0 to 100.',
  },
  delay: {
    read: (text) => within(text, longestDelayMs, (delayMs) => ({ delayMs })),
    write: ({ delayMs }) => delayMs,
    allowed: `The delay is a number of milliseconds from 0 to ${longestDelayMs}.`,
  },
};

/** A preset, or the fields of the form. A field that is missing stays as it is in force. */
export function readFaults(form: Fields, versions: readonly Workload[], inForce: Faults): Asked {
  const preset = form.get('preset');
  if (preset !== undefined) return readPreset(preset, versions);
  const faults = new Map(versions.map(({ name }) => [name, inForce.get(name) ?? noFault]));
  for (const [key, text] of form) {
    const [version = '', name = ''] = key.split('.');
    const before = faults.get(version);
    const field = Object.hasOwn(fields, name) ? fields[name] : undefined;
    if (before === undefined || field === undefined) return mistake(`There is nothing to set by the name ${key}.`);
    const read = field.read(text);
    if (read === undefined) return mistake(`${version}: ${field.allowed}`);
    faults.set(version, { ...before, ...read });
  }
  return { kind: 'faults', faults };
}

export function fieldsOf(faults: Faults, versions: readonly Workload[]): Fields {
  return new Map(
    versions.flatMap(({ name: version }) =>
      Object.entries(fields).map(([name, { write }]) => [
        `${version}.${name}`,
        String(write(faults.get(version) ?? noFault)),
      ]),
    ),
  );
}

function readPreset(name: string, versions: readonly Workload[]): Asked {
  const preset = Object.hasOwn(presets, name) ? presets[name] : undefined;
  return preset === undefined
    ? mistake(`There is no preset ${name}.`)
    : { kind: 'faults', faults: preset.faults(versions) };
}

function within<T>(text: string, most: number, then: (value: number) => T): T | undefined {
  const value = /^\d{1,4}(\.\d{1,2})?$/.test(text.trim()) ? Number(text) : Number.NaN;
  return value <= most ? then(value) : undefined;
}

function mistake(complaint: string): Asked {
  return { kind: 'mistake', complaint };
}
