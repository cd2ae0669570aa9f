import type { WebClient } from '@slack/web-api';
import { z } from 'zod';
import type { Membership, Person, Standing } from '../../domain/policy/groups.ts';
import { ChatError } from '../../workflow/errors.ts';
import type { People } from '../../workflow/ports/people.ts';
import type { Log } from '../../workflow/ports/process.ts';
import { teamOf, unknownTeam, userOf } from '../words/person.ts';
import { Remembered } from './remembered.ts';
import { soon } from './soon.ts';
import { call } from './web-api.ts';

/** How long an answer of Slack is used to decide what a person may do. */
const keepMs = 60_000;
/** After an unknown answer Slack is asked again sooner, but not each time: it takes 20 such questions a minute. */
const keepUnknownMs = 5_000;
const late = { kind: 'unknown', why: 'Slack did not answer in time' } as const;

const identity = z.object({ team_id: z.string(), enterprise_id: z.string().nullish() });
const usersOfGroup = z.object({ users: z.array(z.string()) });
const userInfo = z.object({
  user: z.object({
    team_id: z.string().optional(),
    deleted: z.boolean().default(false),
    is_bot: z.boolean().default(false),
    is_restricted: z.boolean().default(false),
    is_ultra_restricted: z.boolean().default(false),
    is_stranger: z.boolean().default(false),
  }),
});

const userTimezone = z.object({ user: z.object({ tz: z.string().nullish() }) });

type Timezone =
  | { readonly kind: 'known'; readonly timezone: string | undefined }
  | { readonly kind: 'unknown'; readonly why: string };

type Home =
  | { readonly kind: 'home'; readonly teams: readonly string[] }
  | { readonly kind: 'unknown'; readonly why: string };

export interface PeopleOptions {
  /** Whether to ask Slack about each person. A command or click tells only the team, and not whether somebody is a guest. */
  readonly asksAboutPeople: boolean;
  readonly log: Log;
  readonly now?: () => number;
}

/** Who people are, as Slack knows them. If Slack does not answer in time, the answer is unknown, and policy concludes nothing from it. */
export class SlackPeople implements People {
  readonly #client: WebClient;
  readonly #options: PeopleOptions;
  readonly #homes: Remembered<Home>;
  readonly #standings: Remembered<Standing>;
  readonly #memberships: Remembered<Membership>;
  readonly #timezones: Remembered<Timezone>;

  constructor(client: WebClient, options: PeopleOptions) {
    const now = options.now ?? (() => performance.now());
    this.#client = client;
    this.#options = options;
    this.#homes = new Remembered(now);
    this.#standings = new Remembered(now);
    this.#memberships = new Remembered(now);
    this.#timezones = new Remembered(now);
  }

  async identify(user: string, team: string | undefined): Promise<string> {
    const home = await soon(this.#home(), late);
    if (home.kind === 'unknown') return `${unknownTeam}/${user}`;
    if (team !== undefined) return home.teams.includes(team) ? user : `${team}/${user}`;
    const { kind } = await this.#standing(user, home.teams);
    return kind === 'unknown' || kind === 'outsider' ? `${unknownTeam}/${user}` : user;
  }

  async person(id: string, team: string | undefined): Promise<Person> {
    const home = await soon(this.#home(), late);
    if (home.kind === 'unknown') return { id, standing: home };
    const known = teamOf(id) ?? team;
    if (known === unknownTeam) return { id, standing: { kind: 'unknown', why: 'Slack does not say of which team' } };
    if (known !== undefined && !home.teams.includes(known)) return { id, standing: { kind: 'outsider' } };
    if (!this.#options.asksAboutPeople) return { id, standing: { kind: 'member' } };
    return { id, standing: await this.#standing(userOf(id), home.teams) };
  }

  #standing(user: string, home: readonly string[]): Promise<Standing> {
    return soon(
      this.#standings.get(user, () => this.#askStanding(user, home), keep),
      late,
    );
  }

  members(usergroup: string): Promise<Membership> {
    return soon(
      this.#memberships.get(usergroup, () => this.#askMembers(usergroup), keep),
      late,
    );
  }

  async timezone(user: string): Promise<string | undefined> {
    const answer = await soon(
      this.#timezones.get(user, () => this.#askTimezone(userOf(user)), keep),
      late,
    );
    return answer.kind === 'known' ? answer.timezone : undefined;
  }

  /** Learns which team is ours before the first command comes. */
  async warm(): Promise<void> {
    await this.#home();
  }

  /** Our team does not change as long as the token is valid. */
  #home(): Promise<Home> {
    return this.#homes.get(
      '',
      () => this.#askHome(),
      (home) => (home.kind === 'home' ? Number.POSITIVE_INFINITY : keepUnknownMs),
    );
  }

  #askHome(): Promise<Home> {
    return this.#ask('auth.test', async () => {
      const { team_id, enterprise_id } = identity.parse(await call(() => this.#client.auth.test()));
      return { kind: 'home', teams: enterprise_id ? [team_id, enterprise_id] : [team_id] };
    });
  }

  #askMembers(usergroup: string): Promise<Membership> {
    return this.#ask('usergroups.users.list', async () => {
      const answer = await call(() => this.#client.usergroups.users.list({ usergroup }));
      return { kind: 'known', users: new Set(usersOfGroup.parse(answer).users) };
    });
  }

  #askStanding(id: string, home: readonly string[]): Promise<Standing> {
    return this.#ask('users.info', async () => {
      const { user } = userInfo.parse(await call(() => this.#client.users.info({ user: id })));
      return standingOf(user, home);
    });
  }

  #askTimezone(user: string): Promise<Timezone> {
    return this.#ask('users.info', async () => {
      const { user: told } = userTimezone.parse(await call(() => this.#client.users.info({ user })));
      return { kind: 'known', timezone: told.tz ?? undefined };
    });
  }

  /** The one place where a question that failed becomes an unknown answer, with the reason. */
  async #ask<T>(
    method: keyof typeof scopes,
    ask: () => Promise<T>,
  ): Promise<T | { readonly kind: 'unknown'; readonly why: string }> {
    try {
      return await ask();
    } catch (err) {
      this.#options.log.warn({ err, method }, 'Slack does not tell who somebody is');
      return { kind: 'unknown', why: whyOf(err, method) };
    }
  }
}

/** The scope that each method needs, of those in `surface.ts`. */
const scopes = { 'auth.test': '', 'usergroups.users.list': 'usergroups:read', 'users.info': 'users:read' } as const;

function whyOf(error: unknown, method: keyof typeof scopes): string {
  if (!(error instanceof ChatError)) return `Slack’s answer to ${method} could not be read`;
  switch (error.code) {
    case 'missing_scope':
      return `the Slack app lacks the scope ${scopes[method]}: add it, and install the app again`;
    case 'plan_upgrade_required':
      return 'this plan of Slack has no user groups: name the user ids in the policy file instead';
    case 'no_such_subteam':
      return 'Slack has no such user group';
    case 'user_not_found':
    case 'user_not_visible':
      return 'Slack does not know this person';
    default:
      return error.outcome === 'never' ? `Slack answers ${error.code}` : 'Slack did not answer';
  }
}

function standingOf(user: z.infer<typeof userInfo>['user'], home: readonly string[]): Standing {
  if (user.deleted) return { kind: 'deactivated' };
  if (user.is_stranger || (user.team_id !== undefined && !home.includes(user.team_id))) return { kind: 'outsider' };
  if (user.is_bot) return { kind: 'bot' };
  return { kind: user.is_restricted || user.is_ultra_restricted ? 'guest' : 'member' };
}

function keep({ kind }: { readonly kind: string }): number {
  return kind === 'unknown' ? keepUnknownMs : keepMs;
}
