import { type Command, formatCommand } from './command.ts';
import type { Mistake } from './mistake.ts';
import { parseCommand } from './parse-command.ts';

/** The clusters of each sequence, by its name. */
type Sequences = ReadonlyMap<string, readonly string[]>;

/** `--cluster prod`, where the policy file says which clusters that is, as if the person had typed these. */
export function withSequences(command: Command | Mistake, sequences: Sequences): Command | Mistake {
  if (command.verb === 'mistake') return command;
  const inClusters = replaced(command, sequences);
  return inClusters === undefined ? command : parseCommand(formatCommand(inClusters));
}

/** Undefined if the command names no sequence. */
function replaced(command: Command, sequences: Sequences): Command | undefined {
  if (command.verb === 'why') {
    const asked = replaced(command.command, sequences);
    const isAbout = asked?.verb === 'shift' || asked?.verb === 'ramp' || asked?.verb === 'rollback';
    return isAbout ? { ...command, command: asked } : undefined;
  }
  if (command.verb === 'status') {
    const cluster = clustersOf(command.cluster, sequences);
    return cluster === undefined ? undefined : { ...command, cluster };
  }
  if (command.verb === 'apply' || command.verb === 'delete') {
    const cluster = clustersOf(command.place.cluster, sequences);
    return cluster === undefined ? undefined : { ...command, place: { ...command.place, cluster } };
  }
  if (!('service' in command)) return undefined;
  const cluster = clustersOf(command.service.cluster, sequences);
  return cluster === undefined ? undefined : { ...command, service: { ...command.service, cluster } };
}

function clustersOf(name: string | undefined, sequences: Sequences): string | undefined {
  return name === undefined ? undefined : sequences.get(name)?.join(',');
}
