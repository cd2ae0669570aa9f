import { type FieldError, forbidden, invalid, notSupported, tooLong } from './field-error.ts';
import type { ResourceRequest } from './request.ts';
import { invalidObject } from './status.ts';

export interface WriteOptions {
  readonly dryRun: boolean;
  /** The writer's name in managedFields. */
  readonly manager: string;
  readonly fieldValidation: string;
}

const MOST_MANAGER_BYTES = 128;
const VALIDATIONS = ['', 'Ignore', 'Strict', 'Warn'];

/** Reads the query of a write. Its errors name `optionsKind`, e.g. `PatchOptions`. */
export function writeOptions({ query, userAgent }: ResourceRequest, optionsKind: string): WriteOptions {
  const fieldManager = query.get('fieldManager') ?? '';
  const fieldValidation = query.get('fieldValidation') ?? '';
  refuseOptions(optionsKind, [
    ...dryRunErrors(query.getAll('dryRun')),
    ...managerErrors(fieldManager),
    ...(VALIDATIONS.includes(fieldValidation) ? [] : [notSupported('fieldValidation', fieldValidation, VALIDATIONS)]),
    ...(optionsKind === 'PatchOptions' && query.get('force') !== null
      ? [forbidden('force', 'may not be specified for non-apply patch')]
      : []),
  ]);
  return {
    dryRun: query.get('dryRun') === 'All',
    manager: fieldManager || managerFrom(userAgent),
    fieldValidation: fieldValidation || 'Warn',
  };
}

export function refuseOptions(optionsKind: string, errors: readonly FieldError[]): void {
  if (errors.length > 0) throw invalidObject({ group: 'meta.k8s.io', kind: optionsKind }, '', errors);
}

export function dryRunErrors(dryRun: readonly string[]): readonly FieldError[] {
  const given = dryRun.filter((value) => value !== '');
  return given.every((value) => value === 'All') ? [] : [notSupported('dryRun', given, ['All'])];
}

function managerErrors(manager: string): readonly FieldError[] {
  const position = [...manager].findIndex((char) => !/[\p{L}\p{M}\p{N}\p{P}\p{S} ]/u.test(char));
  const code = manager.charCodeAt(position).toString(16).toUpperCase().padStart(4, '0');
  return [
    ...(Buffer.byteLength(manager) > MOST_MANAGER_BYTES ? [tooLong('fieldManager', MOST_MANAGER_BYTES)] : []),
    ...(position === -1
      ? []
      : [invalid('fieldManager', manager, `invalid character U+${code} (at position ${position})`)]),
  ];
}

/** A client without a fieldManager is named by the first part of its User-Agent. */
function managerFrom(userAgent: string): string {
  return (userAgent.split('/')[0] ?? '').slice(0, MOST_MANAGER_BYTES) || 'unknown';
}
