package dev.slipway.backend.cuda;

import java.lang.foreign.Arena;
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
  private final ConcurrentMap<Source, Loaded> loaded = new ConcurrentHashMap<>();

  /** @param architecture such as {@code sm_90} */
  KernelCompiler(CudaContext context, Nvrtc nvrtc, String architecture) {
    this.context = context;
    this.nvrtc = nvrtc;
    this.architecture = architecture;
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
  }

  private record Loaded(long module, long function) {}

  /** The kernel of a source. */
  long function(Source source) {
    return loaded.computeIfAbsent(source, this::load).function();
  }

  private Loaded load(Source source) {
    List<String> options = new ArrayList<>(List.of("--gpu-architecture=" + architecture, "--std=c++17"));
    if (source.fastMath()) {
      options.add("--use_fast_math");
    }
    try (Arena arena = Arena.ofConfined()) {
      Driver driver = context.enter();
      long module = driver.loadModule(nvrtc.compile(source.text(), options, arena));
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
