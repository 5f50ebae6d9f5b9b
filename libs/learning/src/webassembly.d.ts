/** The part of the WebAssembly interface that `kernels.ts` and `growing-kernels.ts` use: Node has it, the types of Node and ES2023 do not. */
declare namespace WebAssembly {
  class Module {
    constructor(bytes: Uint8Array);
  }
  class Memory {
    /** Sizes in pages of 64 KiB. */
    constructor(limits: { readonly initial: number; readonly maximum: number; readonly shared?: boolean });
    grow(pages: number): number;
    readonly buffer: ArrayBuffer; // shared where the memory is
  }
  class Instance {
    constructor(module: Module, imports: Record<string, Record<string, Memory>>);
    readonly exports: object;
  }
}
