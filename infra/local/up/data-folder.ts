// The folder a local hub keeps its state in, held by one process at a time.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { InvalidInputError } from '../../../shared/errors.ts'

export interface DataFolder {
  file(name: string): string
  /** Lets another process have it. */
  release(): void
}

/**
 * Creates the folder where needed and takes it. The operating system drops the lock with the process that holds it, so
 * what a crash left behind is taken over; the pid file only tells who it is. Throws InvalidInputError when it is held.
 */
export function takeDataFolder(path: string): DataFolder {
  makeFolder(path)
  const pidFile = join(path, 'pid')
  const lock = new DatabaseSync(join(path, 'lock'))
  try {
    lock.exec('PRAGMA busy_timeout=0; BEGIN EXCLUSIVE')
  } catch {
    lock.close()
    const holder = readPid(pidFile)
    throw new InvalidInputError(
      `another hub${holder === undefined ? '' : `, process ${holder},`} is using ${path}: stop it${
        holder === undefined ? '' : ` (kill ${holder})`
      }, or give this one a folder of its own with --data FOLDER`,
    )
  }
  writeFileSync(pidFile, `${process.pid}\n`)
  return {
    file: (name) => join(path, name),
    release: () => {
      if (!lock.isOpen) return
      rmSync(pidFile, { force: true })
      lock.close()
    },
  }
}

/** Keys and secrets lie below, so nobody else on the machine may read it. */
function makeFolder(path: string): void {
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 })
  } catch (error) {
    throw new InvalidInputError(
      `--data: ${path} cannot be used as a folder: ${error instanceof Error ? error.message : error}`,
    )
  }
}

function readPid(pidFile: string): number | undefined {
  try {
    const pid = Number(readFileSync(pidFile, 'utf8'))
    return Number.isSafeInteger(pid) && pid > 0 ? pid : undefined
  } catch {
    return undefined
  }
}
