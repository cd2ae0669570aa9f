import { mainEdit } from '../../domain/change/change.ts';
import type { Edits } from '../../domain/change/edit.ts';
import { type Command, formatCommand } from '../../domain/language/command.ts';
import type { Place, ServiceName } from '../../domain/routing/names.ts';
import { code } from './mrkdwn.ts';

/** Room for the longest names and a reason: what is cut off cannot be typed. */
const longest = 1_000;

/** A command to copy. It names namespace and cluster, so that it acts in the same place wherever it is typed. */
export function commandText(command: Command): string {
  return code(formatCommand(command), longest);
}

/** The command that shows what a service has, or all of a namespace. */
export function statusCommand({
  service,
  namespace,
  cluster,
}: Place & { readonly service?: string | undefined }): string {
  return commandText({ verb: 'status', service, namespace, cluster });
}

/** What people call the service of a change or a plan, and where it is. */
export function serviceOf({ service, edits }: { readonly service: string; readonly edits: Edits }): ServiceName {
  const { namespace, cluster } = mainEdit({ edits }).object;
  return { service, namespace, cluster };
}
