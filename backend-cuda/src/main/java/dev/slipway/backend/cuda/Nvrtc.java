package dev.slipway.backend.cuda;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;
import java.util.List;

/** The run-time compiler. Thread-safe; compiles of several threads run at once. */
final class Nvrtc {
  private final NativeFunction errorString;
  private final NativeFunction version;
  private final NativeFunction create;
  private final NativeFunction destroy;
  private final NativeFunction compile;
  private final NativeFunction logSize;
  private final NativeFunction log;
  private final NativeFunction codeSize;
  private final NativeFunction code;

  Nvrtc(NativeLibrary nvrtc) {
    errorString = nvrtc.bind("nvrtcGetErrorString", FunctionDescriptor.of(ADDRESS, JAVA_INT));
    version = nvrtc.function("nvrtcVersion", ADDRESS, ADDRESS);
    create = nvrtc.function("nvrtcCreateProgram", ADDRESS, ADDRESS, ADDRESS, JAVA_INT, ADDRESS, ADDRESS);
    destroy = nvrtc.function("nvrtcDestroyProgram", ADDRESS);
    compile = nvrtc.function("nvrtcCompileProgram", JAVA_LONG, JAVA_INT, ADDRESS);
    logSize = nvrtc.function("nvrtcGetProgramLogSize", JAVA_LONG, ADDRESS);
    log = nvrtc.function("nvrtcGetProgramLog", JAVA_LONG, ADDRESS);
    codeSize = nvrtc.function("nvrtcGetCUBINSize", JAVA_LONG, ADDRESS);
    code = nvrtc.function("nvrtcGetCUBIN", JAVA_LONG, ADDRESS);
  }

  /** {@code 13.0}. */
  String version() {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment major = arena.allocate(JAVA_INT);
      MemorySegment minor = arena.allocate(JAVA_INT);
      check(version, version.status(major, minor), "");
      return major.get(JAVA_INT, 0) + "." + minor.get(JAVA_INT, 0);
    }
  }

  /**
   * Compiles to code of one architecture.
   *
   * @param options such as {@code --gpu-architecture=sm_90}
   * @param owner of the result
   * @throws CudaException with the compiler's messages
   */
  MemorySegment compile(String source, List<String> options, Arena owner) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment program = arena.allocate(JAVA_LONG);
      check(create, create.status(
          program, arena.allocateFrom(source), arena.allocateFrom("kernel.cu"), 0, MemorySegment.NULL,
          MemorySegment.NULL), "");
      long handle = program.get(JAVA_LONG, 0);
      try {
        MemorySegment texts = arena.allocate(ADDRESS, Math.max(1, options.size()));
        for (int i = 0; i < options.size(); i++) {
          texts.setAtIndex(ADDRESS, i, arena.allocateFrom(options.get(i)));
        }
        int status = compile.status(handle, options.size(), texts);
        check(compile, status, status == 0 ? "" : ": " + log(handle));
        MemorySegment size = arena.allocate(JAVA_LONG);
        check(codeSize, codeSize.status(handle, size), "");
        MemorySegment result = owner.allocate(size.get(JAVA_LONG, 0), Long.BYTES);
        check(code, code.status(handle, result), "");
        return result;
      } finally {
        check(destroy, destroy.status(program), "");
      }
    }
  }

  private String log(long program) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment size = arena.allocate(JAVA_LONG);
      check(logSize, logSize.status(program, size), "");
      MemorySegment text = arena.allocate(Math.max(1, size.get(JAVA_LONG, 0)));
      check(log, log.status(program, text), "");
      return text.getString(0);
    }
  }

  @SuppressWarnings("restricted")
  private void check(NativeFunction function, int status, String details) {
    if (status != 0) {
      String words = ((MemorySegment) errorString.call(status)).reinterpret(Long.MAX_VALUE).getString(0);
      throw new CudaException(function.symbol(), status, words + details);
    }
  }
}
