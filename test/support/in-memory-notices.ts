import type { Notice, Notices } from '../../src/workflow/ports/notices.ts';

/** Records the private notices to people. */
export class InMemoryNotices implements Notices {
  readonly told: { readonly user: string; readonly notice: Notice }[] = [];

  async tell(user: string, notice: Notice): Promise<void> {
    this.told.push({ user, notice });
  }
}
