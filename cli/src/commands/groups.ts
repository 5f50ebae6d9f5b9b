import type { CommandGroup } from './command.js';

/** Commands by file, in the order of the help, each loaded when one of them is used. */
export const GROUPS: readonly { commands: readonly string[]; load: () => Promise<CommandGroup> }[] = [
  {
    commands: ['import', 'imports', 'extracts', 'rejects'],
    load: async () => (await import('./tables.js')).tableCommands,
  },
  { commands: ['check'], load: async () => (await import('./check.js')).checkCommand },
  { commands: ['months', 'month'], load: async () => (await import('./months.js')).monthCommands },
  { commands: ['jobs'], load: async () => (await import('./jobs.js')).jobCommands },
  { commands: ['dead-letters'], load: async () => (await import('./dead-letters.js')).deadLetterCommands },
  { commands: ['features'], load: async () => (await import('./features.js')).featureCommands },
  {
    commands: ['train', 'import-model', 'models', 'churners', 'score', 'list', 'export'],
    load: async () => (await import('./churn.js')).churnCommands,
  },
  {
    commands: ['promote', 'promotions', 'promotion', 'rollback', 'champions', 'card', 'drift'],
    load: async () => (await import('./promotions.js')).promotionCommands,
  },
  { commands: ['shadow'], load: async () => (await import('./shadows.js')).shadowCommands },
  { commands: ['changes', 'detect-changes'], load: async () => (await import('./changes.js')).changeCommands },
  { commands: ['households'], load: async () => (await import('./households.js')).householdCommands },
  {
    commands: ['plans', 'fit-plans', 'plan-fit', 'plan-fits', 'simulate'],
    load: async () => (await import('./plans.js')).planCommands,
  },
  { commands: ['campaigns', 'campaign'], load: async () => (await import('./campaigns.js')).campaignCommands },
  {
    commands: ['queues', 'queue', 'lease', 'script', 'disposition'],
    load: async () => (await import('./call-centre.js')).callCentreCommands,
  },
  {
    commands: ['consent', 'suppressions', 'confirm-numbers', 'contactability'],
    load: async () => (await import('./consents.js')).consentCommands,
  },
  {
    commands: ['customer', 'resolve', 'timeline'],
    load: async () => (await import('./customers.js')).customerCommands,
  },
  { commands: ['parameters'], load: async () => (await import('./parameters.js')).parameterCommands },
  { commands: ['results', 'evaluate'], load: async () => (await import('./results.js')).resultCommands },
  { commands: ['audit'], load: async () => (await import('./audit.js')).auditCommands },
  { commands: ['doctor'], load: async () => (await import('./doctor.js')).doctorCommand },
  { commands: ['backup', 'restore'], load: async () => (await import('./backup.js')).backupCommands },
];
