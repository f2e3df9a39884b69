// What the app of the watch tests logged, apart from the app: a test reads it without loading @azure/functions too early.
export const served = { errors: [] as string[] }
