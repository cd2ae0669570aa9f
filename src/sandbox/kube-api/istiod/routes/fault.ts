import { at, field } from '../../object.ts';
import { errorIf, type Finding, listedErrorIf } from '../finding.ts';
import { durationErrors } from '../values/numbers.ts';
import { quoted, written } from '../values/text.ts';

const GRPC_CODES = [
  ...['OK', 'CANCELLED', 'UNKNOWN', 'INVALID_ARGUMENT', 'DEADLINE_EXCEEDED', 'NOT_FOUND', 'ALREADY_EXISTS'],
  ...['PERMISSION_DENIED', 'RESOURCE_EXHAUSTED', 'FAILED_PRECONDITION', 'ABORTED', 'OUT_OF_RANGE', 'UNIMPLEMENTED'],
  ...['INTERNAL', 'UNAVAILABLE', 'DATA_LOSS', 'UNAUTHENTICATED'],
];

/** Checks the delays and errors that a route injects. */
export function faultErrors(fault: unknown): readonly Finding[] {
  if (fault === undefined) return [];
  const abort = field(fault, 'abort');
  const delay = field(fault, 'delay');
  const isNone = abort === undefined && delay === undefined;
  return [
    ...listedErrorIf(isNone, 'HTTP fault injection must have an abort and/or a delay'),
    ...percentageErrors(at(abort, 'percentage', 'value')),
    ...abortTypeErrors(abort),
    ...percentageErrors(at(delay, 'percentage', 'value')),
    ...durationErrors(field(delay, 'fixedDelay')),
    ...durationErrors(field(delay, 'exponentialDelay')),
    ...listedErrorIf(field(delay, 'exponentialDelay') !== undefined, 'exponentialDelay not supported yet'),
  ];
}

function abortTypeErrors(abort: unknown): readonly Finding[] {
  const [grpc, http] = [field(abort, 'grpcStatus'), field(abort, 'httpStatus')];
  if (grpc !== undefined) {
    const known = `See https://github.com/grpc/grpc/blob/master/doc/statuscodes.md for a list of supported codes, for example 'NOT_FOUND'`;
    return errorIf(
      !GRPC_CODES.includes(String(grpc)),
      `gRPC status ${quoted(String(grpc))} is not supported. ${known}`,
    );
  }
  if (http !== undefined) return httpStatusErrors(http);
  return errorIf(field(abort, 'http2Error') !== undefined, 'HTTP/2 abort fault injection not supported yet');
}

function percentageErrors(value: unknown): readonly Finding[] {
  if (value === undefined) return [];
  const percentage = Number(value);
  const isGood = percentage === 0 || (percentage >= 0.0001 && percentage <= 100);
  return errorIf(!isGood, `percentage ${written(percentage)} is neither 0.0, nor in range [0.0001, 100.0]`);
}

export function httpStatusErrors(status: unknown): readonly Finding[] {
  const code = Number(status ?? 0);
  return errorIf(code < 200 || code > 600, `HTTP status ${code} is not in range 200-599`);
}
