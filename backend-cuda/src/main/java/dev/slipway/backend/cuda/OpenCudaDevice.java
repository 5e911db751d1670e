package dev.slipway.backend.cuda;

import dev.slipway.backend.Artifacts;
import dev.slipway.backend.BackendUnavailableException;
import dev.slipway.backend.Device;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;

/** A device of this machine. */
final class OpenCudaDevice implements CudaDevice {
  /** Ampere. */
  private static final int FIRST_WITH_TENSOR_FLOAT = 8;

  /** Compute capability 8.9. */
  private static final int FIRST_WITH_FLOAT8 = 89;
  private static final int HOPPER = 9;

  private final CudaContext context;
  private final KernelCompiler compiler;
  private final CublasLt cublas;
  private final Cudnn cudnn;
  private final Artifacts artifacts = new Artifacts();
  private final Deque<Cudnn.Handle> idleHandles = new ConcurrentLinkedDeque<>();
  private final Device device;
  private final List<AutoCloseable> kept = new ArrayList<>();
  private final Set<CudaQueue> queues = new LinkedHashSet<>();
  private final AtomicBoolean isClosed = new AtomicBoolean();

  OpenCudaDevice(CudaLibraries libraries, int ordinal) {
    Driver driver = libraries.driver();
    driver.init();
    int count = driver.deviceCount();
    if (ordinal >= count) {
      throw new BackendUnavailableException(
          "cuda:" + ordinal + ": no such device (expected: 0 to " + (count - 1) + ")");
    }
    context = new CudaContext(driver, ordinal);
    context.enter();
    String architecture = architecture(driver, ordinal);
    compiler = new KernelCompiler(context, libraries.nvrtc(), architecture, artifacts);
    cublas = libraries.newCublas();
    cudnn = libraries.cudnn();
    String name = driver.deviceName(ordinal);
    String versions = "driver API " + driver.version() + ", NVRTC " + libraries.nvrtc().version() + ", cuBLASLt "
        + cublas.version() + ", cuDNN " + cudnn.version();
    device = new Device(
        "cuda", ordinal, name + ", " + versions, "cuda " + name + ", " + architecture + ", " + versions);
  }

  /** With what only this generation has. */
  private static String architecture(Driver driver, int ordinal) {
    int major = driver.attribute(ordinal, Driver.COMPUTE_CAPABILITY_MAJOR);
    return "sm_" + major + driver.attribute(ordinal, Driver.COMPUTE_CAPABILITY_MINOR) + (major >= HOPPER ? "a" : "");
  }

  @Override
  public Device device() {
    return device;
  }

  @Override
  public int multiprocessors() {
    return context.enter().attribute(device.ordinal(), Driver.MULTIPROCESSORS);
  }

  @Override
  public boolean hasWarpgroups() {
    return context.enter().attribute(device.ordinal(), Driver.COMPUTE_CAPABILITY_MAJOR) == HOPPER;
  }

  @Override
  public Grid occupying(long function, int sharedBytes, long items) {
    Grid most = context.enter().occupancy(function, sharedBytes);
    return Grid.blocks(Math.min(most.x(), Math.ceilDiv(items, most.threads())), most.threads());
  }

  @Override
  public boolean hasTensorFloat32() {
    return context.enter().attribute(device.ordinal(), Driver.COMPUTE_CAPABILITY_MAJOR) >= FIRST_WITH_TENSOR_FLOAT;
  }

  @Override
  public boolean hasFloat8() {
    Driver driver = context.enter();
    int major = driver.attribute(device.ordinal(), Driver.COMPUTE_CAPABILITY_MAJOR);
    int minor = driver.attribute(device.ordinal(), Driver.COMPUTE_CAPABILITY_MINOR);
    return major * 10 + minor >= FIRST_WITH_FLOAT8;
  }

  @Override
  public long cacheBytes() {
    return context.enter().attribute(device.ordinal(), Driver.SECOND_CACHE_BYTES);
  }

  @Override
  public CublasLt cublas() {
    context.enter();
    return cublas;
  }

  @Override
  public Cudnn cudnn() {
    context.enter();
    return cudnn;
  }

  @Override
  public <T> T plan(Function<Cudnn.Handle, T> work) {
    Optional<Cudnn.Handle> idle = Optional.ofNullable(idleHandles.poll());
    context.enter();
    Cudnn.Handle handle = idle.orElseGet(() -> keep(cudnn.handle()));
    try {
      return work.apply(handle);
    } finally {
      idleHandles.push(handle);
    }
  }

  @Override
  public Artifacts artifacts() {
    return artifacts;
  }

  @Override
  public long openCount() {
    return context.openCount();
  }

  @Override
  public CudaQueue newQueue() {
    synchronized (queues) {
      CudaQueue[] made = new CudaQueue[1];
      made[0] = new CudaQueue(context, cudnn::handle, () -> remove(made[0]));
      queues.add(made[0]);
      return made[0];
    }
  }

  private void remove(CudaQueue queue) {
    synchronized (queues) {
      queues.remove(queue);
    }
  }

  @Override
  public <T extends AutoCloseable> T keep(T resource) {
    synchronized (kept) {
      kept.add(resource);
    }
    return resource;
  }

  /** The last first, each once, also where one of them throws. */
  private void closeKept() {
    synchronized (kept) {
      while (!kept.isEmpty()) {
        AutoCloseable resource = kept.removeLast();
        try {
          resource.close();
        } catch (RuntimeException e) {
          throw e;
        } catch (Exception e) {
          throw new IllegalStateException("close of " + resource, e);
        }
      }
    }
  }

  @Override
  public long function(KernelCompiler.Source source) {
    return compiler.function(source);
  }

  @Override
  public void close() {
    if (isClosed.getAndSet(true)) {
      return;
    }
    List<CudaQueue> open;
    synchronized (queues) {
      open = List.copyOf(queues);
    }
    open.forEach(CudaQueue::close);
    context.enter();
    idleHandles.clear();
    closeKept();
    cublas.close();
    compiler.close();
    context.close();
  }
}
