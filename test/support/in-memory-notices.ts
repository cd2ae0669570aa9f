import type { Notice, Notices } from '../../src/workflow/ports/notices.ts';

/** What people were told in private. */
export class InMemoryNotices implements Notices {
  readonly told: { readonly user: string; readonly notice: Notice }[] = [];

  async tell(user: string, notice: Notice): Promise<void> {
    this.told.push({ user, notice });
  }
}
