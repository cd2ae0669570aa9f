/** Which workspaces refuse charts in messages. A failure is a StoreUnavailableError. */
export interface Charts {
  areRefused(team: string): Promise<boolean>;
  /** Notes it for some days. After that a chart is tried again, because the workspace may have them by then. */
  noteRefused(team: string): Promise<void>;
}
