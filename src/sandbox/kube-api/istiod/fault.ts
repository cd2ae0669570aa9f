import { at, field } from '../object.ts';
import { error, errorIf, type Finding, warning } from './finding.ts';
import { durationErrors, quoted } from './names.ts';

const GRPC_CODES = [
  ...['OK', 'CANCELLED', 'UNKNOWN', 'INVALID_ARGUMENT', 'DEADLINE_EXCEEDED', 'NOT_FOUND', 'ALREADY_EXISTS'],
  ...['PERMISSION_DENIED', 'RESOURCE_EXHAUSTED', 'FAILED_PRECONDITION', 'ABORTED', 'OUT_OF_RANGE', 'UNIMPLEMENTED'],
  ...['INTERNAL', 'UNAVAILABLE', 'DATA_LOSS', 'UNAUTHENTICATED'],
];

/** Checks the delays and errors that a route injects. */
export function faultFindings(fault: unknown): readonly Finding[] {
  if (fault === undefined) return [];
  const abort = field(fault, 'abort');
  const delay = field(fault, 'delay');
  const isNone = abort === undefined && delay === undefined;
  return [
    ...errorIf(isNone, 'HTTP fault injection must have an abort and/or a delay'),
    ...(abort === undefined ? [] : abortFindings(abort)),
    ...percentageErrors(at(delay, 'percentage', 'value')),
    ...durationErrors(field(delay, 'fixedDelay')),
    ...durationErrors(field(delay, 'exponentialDelay')),
    ...errorIf(field(delay, 'exponentialDelay') !== undefined, 'exponentialDelay not supported yet'),
  ];
}

function abortFindings(abort: unknown): readonly Finding[] {
  return [...percentageErrors(at(abort, 'percentage', 'value')), ...abortTypeFindings(abort)];
}

function abortTypeFindings(abort: unknown): readonly Finding[] {
  const [grpc, http] = [field(abort, 'grpcStatus'), field(abort, 'httpStatus')];
  if (grpc !== undefined) {
    const known = `See https://github.com/grpc/grpc/blob/master/doc/statuscodes.md for a list of supported codes, for example 'NOT_FOUND'`;
    return errorIf(
      !GRPC_CODES.includes(String(grpc)),
      `gRPC status ${quoted(String(grpc))} is not supported. ${known}`,
    );
  }
  if (field(abort, 'http2Error') !== undefined) return [error('HTTP/2 abort fault injection not supported yet')];
  return http === undefined ? [warning('abort configured, but error type not set')] : httpStatusErrors(http);
}

function percentageErrors(value: unknown): readonly Finding[] {
  if (value === undefined) return [];
  const percentage = Number(value);
  const isGood = percentage === 0 || (percentage >= 0.0001 && percentage <= 100);
  return errorIf(!isGood, `percentage ${percentage} is neither 0.0, nor in range [0.0001, 100.0]`);
}

export function httpStatusErrors(status: unknown): readonly Finding[] {
  const code = Number(status ?? 0);
  return errorIf(code < 200 || code > 600, `HTTP status ${code} is not in range 200-599`);
}
