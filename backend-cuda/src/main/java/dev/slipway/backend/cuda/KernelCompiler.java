package dev.slipway.backend.cuda;

import dev.slipway.backend.Artifacts;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;

/** Compiles sources for one device, each once, and owns the modules. Thread-safe. */
final class KernelCompiler implements AutoCloseable {
  private static final int SHARED_BYTES_WITHOUT_ASKING = 48 << 10;

  private final CudaContext context;
  private final Nvrtc nvrtc;
  private final String architecture;
  private final Artifacts artifacts;
  private final ConcurrentMap<Source, Loaded> loaded = new ConcurrentHashMap<>();

  /**
   * @param architecture such as {@code sm_90}
   * @param artifacts keeps the code
   */
  KernelCompiler(CudaContext context, Nvrtc nvrtc, String architecture, Artifacts artifacts) {
    this.context = context;
    this.nvrtc = nvrtc;
    this.architecture = architecture;
    this.artifacts = artifacts;
  }

  /**
   * What is compiled.
   *
   * @param fastMath whether divisions and functions may be a few units in the last place off, which results of 16 bits
   *     do not show
   * @param sharedBytes that launches allocate for a block at most
   */
  record Source(String kernel, String text, boolean fastMath, int sharedBytes) {
    Source(String kernel, String text, boolean fastMath) {
      this(kernel, text, fastMath, 0);
    }

    /** Names its code among artifacts. */
    String artifact() {
      return "cubin " + kernel + " " + Digests.sha256(text) + (fastMath ? " fast" : "");
    }
  }

  private record Loaded(long module, long function) {}

  /** The kernel of a source. */
  long function(Source source) {
    byte[] code = artifacts.get(source.artifact(), () -> compile(source));
    return loaded.computeIfAbsent(source, key -> load(key, code)).function();
  }

  private byte[] compile(Source source) {
    List<String> options = new ArrayList<>(List.of("--gpu-architecture=" + architecture, "--std=c++17"));
    if (source.fastMath()) {
      options.add("--use_fast_math");
    }
    try (Arena arena = Arena.ofConfined()) {
      return nvrtc.compile(source.text(), options, arena).toArray(ValueLayout.JAVA_BYTE);
    }
  }

  private Loaded load(Source source, byte[] code) {
    try (Arena arena = Arena.ofConfined()) {
      Driver driver = context.enter();
      long module = driver.loadModule(arena.allocate(code.length, Long.BYTES).copyFrom(MemorySegment.ofArray(code)));
      context.count(1);
      long function = driver.function(module, source.kernel());
      if (source.sharedBytes() > SHARED_BYTES_WITHOUT_ASKING) {
        driver.allowSharedBytes(function, source.sharedBytes());
      }
      return new Loaded(module, function);
    }
  }

  @Override
  public void close() {
    Driver driver = context.enter();
    loaded.values().forEach(one -> driver.unloadModule(one.module()));
    context.count(-loaded.size());
    loaded.clear();
  }
}
