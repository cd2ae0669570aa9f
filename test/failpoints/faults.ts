/** What happens at a step. A kill is a SIGKILL; a pause a SIGSTOP that lasts longer than every lock the process held. */
export const faults = [
  'throw-before',
  'throw-after',
  'kill-before',
  'kill-after',
  'pause-before',
  'pause-after',
  'twice',
] as const;
export type Fault = (typeof faults)[number];

/** One passing of a step: how it was reached, and how often it was before, since the process was armed. */
export interface Point {
  readonly path: string;
  readonly nth: number;
}

export interface Pass extends Point {
  readonly name: string;
  /** Whether there was something to wait for. */
  waits: boolean;
}

/** A moment at which a process may be killed or paused, and how much had gone out or come in by then. */
export interface Moment extends Point {
  readonly at: 'before' | 'after';
  readonly traffic: number;
}

/** A step by its name. It is struck where it is passed first, whichever way leads there: runs differ in the way. */
export interface NamedStep {
  /** The end of the file's path, and the function: `cards showCard`. */
  readonly place: string;
  /** A part of what is awaited there. */
  readonly awaits: string;
  /** Places on the way there. */
  readonly via?: readonly string[] | undefined;
}

export interface Strike {
  readonly at: Point | NamedStep;
  readonly fault: Fault;
  /** Made by who strikes. */
  readonly file: string;
}

export function isKill(strike: Strike | undefined): boolean {
  return strike?.fault.startsWith('kill') ?? false;
}

/** Whether a step has this name, wherever it was reached from. */
export function isCalled(name: string, { place, awaits }: NamedStep): boolean {
  const [at = '', ...awaited] = name.split(ordinal);
  return isPlace(at, place) && awaited.join().includes(awaits);
}

/** Whether the last step of a path is the one of that name, and was reached by the way that is asked for. */
export function leadsTo(path: string, named: NamedStep): boolean {
  const names = path.split(between);
  const places = names.map((name) => name.split(ordinal)[0] ?? '');
  const { via = [] } = named;
  return isCalled(names.at(-1) ?? '', named) && via.every((wanted) => places.some((place) => isPlace(place, wanted)));
}

/** The steps of a path stand between these. */
export const between = ' > ';
/** Between the place of a step and what it awaits. */
const ordinal = / \d+: /;

function isPlace(place: string, wanted: string): boolean {
  return place === wanted || place.endsWith(`/${wanted}`);
}
