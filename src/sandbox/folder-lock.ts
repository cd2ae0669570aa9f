import { createHash } from 'node:crypto';
import { realpath } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';

/** Another process has the folder. */
export class FolderInUseError extends Error {
  override readonly name = 'FolderInUseError';
}

/**
 * Takes a folder for this process alone. The lock is a socket in the kernel's own namespace, so that it ends with the process
 * however that ends, and leaves no file behind that could be stale.
 */
export async function lockFolder(folder: string): Promise<void> {
  const name = createHash('sha256')
    .update(await realpath(folder))
    .digest('hex');
  const server = createServer((socket) => socket.destroy());
  try {
    await listen(server, `\0shiftbot-sandbox-${name}`);
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'EADDRINUSE') {
      throw new FolderInUseError(`another sandbox runs in ${folder}; end it first, or start this one elsewhere`, {
        cause,
      });
    }
    throw cause;
  }
  server.unref();
}

function listen(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, resolve);
  });
}
