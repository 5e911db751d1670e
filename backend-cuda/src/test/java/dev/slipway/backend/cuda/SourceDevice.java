package dev.slipway.backend.cuda;

import dev.slipway.backend.Artifacts;
import dev.slipway.backend.Device;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/** A device without a GPU: keeps the sources of kernels instead of compiling them. */
final class SourceDevice implements CudaDevice {
  final List<KernelCompiler.Source> sources = new ArrayList<>();

  @Override
  public Device device() {
    return new Device("cuda", 0, "none", "cuda none");
  }

  @Override
  public int multiprocessors() {
    return 132;
  }

  @Override
  public boolean hasTensorFloat32() {
    return true;
  }

  @Override
  public long cacheBytes() {
    return 50L << 20;
  }

  @Override
  public boolean hasWarpgroups() {
    return true;
  }

  @Override
  public boolean hasFloat8() {
    return true;
  }

  @Override
  public synchronized long function(KernelCompiler.Source source) {
    if (!sources.contains(source)) {
      sources.add(source);
    }
    return 1 + sources.indexOf(source);
  }

  @Override
  public Grid occupying(long function, int sharedBytes, long items) {
    return Grid.covering(items);
  }

  @Override
  public CublasLt cublas() {
    throw new UnsupportedOperationException("cuBLASLt without a GPU");
  }

  @Override
  public Cudnn cudnn() {
    throw new UnsupportedOperationException("cuDNN without a GPU");
  }

  @Override
  public <T> T plan(Function<Cudnn.Handle, T> work) {
    throw new UnsupportedOperationException("cuDNN without a GPU");
  }

  @Override
  public Artifacts artifacts() {
    return new Artifacts();
  }

  @Override
  public <T extends AutoCloseable> T keep(T resource) {
    return resource;
  }

  @Override
  public CudaQueue newQueue() {
    throw new UnsupportedOperationException("a queue without a GPU");
  }

  @Override
  public long openCount() {
    return 0;
  }

  @Override
  public void close() {}
}
