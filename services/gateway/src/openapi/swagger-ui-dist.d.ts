declare module 'swagger-ui-dist/absolute-path.js' {
  /** Folder of the viewer's files. */
  export default function absolutePath(): string;
}
