package dev.slipway.backend.cuda;

import dev.slipway.backend.DeviceBuffer;
import dev.slipway.backend.DeviceQueue;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;

/** A stream, and the memory, graphs and library handles that belong to it; all of them end with it. */
final class CudaQueue implements DeviceQueue {
  private final CudaContext context;
  private final Supplier<Cudnn.Handle> handles;
  private final Runnable closed;
  private final long stream;
  private final Set<Long> allocations = new LinkedHashSet<>();
  private final Map<Long, HostMemory> hostAllocations = new LinkedHashMap<>();
  private final Set<Graph> graphs = new LinkedHashSet<>();
  private final Set<Events> events = new LinkedHashSet<>();
  private boolean isCapturing;
  private final AtomicBoolean isClosed = new AtomicBoolean();
  private Optional<Cudnn.Handle> handle = Optional.empty();

  /**
   * @param handles makes a handle of cuDNN when a kernel first asks for it
   * @param closed runs when this has been closed
   */
  CudaQueue(CudaContext context, Supplier<Cudnn.Handle> handles, Runnable closed) {
    this.context = context;
    this.handles = handles;
    this.closed = closed;
    this.stream = context.enter().createStream();
    context.count(1);
  }

  long stream() {
    return stream;
  }

  /** The driver, with the context current. */
  Driver driver() {
    return context.enter();
  }

  /** A handle of cuDNN that enqueues on this stream. */
  Cudnn.Handle cudnn() {
    if (handle.isEmpty()) {
      Cudnn.Handle made = handles.get();
      made.setStream(stream);
      handle = Optional.of(made);
    }
    return handle.get();
  }

  @Override
  public DeviceBuffer allocate(long bytes) {
    long address = context.enter().allocate(Math.max(bytes, 1));
    allocations.add(address);
    context.count(1);
    return new DeviceBuffer(address, bytes);
  }

  /** Memory that cannot be accessed any more when it has been freed. */
  private record HostMemory(MemorySegment memory, Arena access) {}

  @Override
  @SuppressWarnings("restricted")
  public MemorySegment allocateHost(long bytes) {
    MemorySegment memory = context.enter().allocateHost(Math.max(bytes, 1));
    Arena access = Arena.ofShared();
    hostAllocations.put(memory.address(), new HostMemory(memory, access));
    context.count(1);
    return memory.reinterpret(bytes, access, segment -> {});
  }

  @Override
  public void free(DeviceBuffer allocated) {
    if (allocations.remove(allocated.address())) {
      context.enter().free(allocated.address());
      context.count(-1);
    }
  }

  @Override
  public void freeHost(MemorySegment allocated) {
    HostMemory memory = hostAllocations.remove(allocated.address());
    if (memory != null) {
      free(memory);
    }
  }

  private void free(HostMemory memory) {
    memory.access().close();
    context.enter().freeHost(memory.memory());
    context.count(-1);
  }

  @Override
  public void upload(MemorySegment from, DeviceBuffer to) {
    if (from.byteSize() > 0) {
      context.enter().upload(from.asSlice(0, Math.min(from.byteSize(), to.bytes())), to.address(), stream);
    }
  }

  @Override
  public void download(DeviceBuffer from, MemorySegment to) {
    if (from.bytes() > 0) {
      context.enter().download(from.address(), to.asSlice(0, from.bytes()), stream);
    }
  }

  @Override
  public void copy(DeviceBuffer from, DeviceBuffer to) {
    if (from.bytes() > 0) {
      context.enter().copy(from.address(), to.address(), from.bytes(), stream);
    }
  }

  @Override
  public Recording record(Runnable work) {
    Graph graph = new Graph(captured(work));
    graphs.add(graph);
    return graph;
  }

  /** The executable graph of what is enqueued meanwhile. */
  private long captured(Runnable work) {
    Driver driver = context.enter();
    driver.beginCapture(stream);
    isCapturing = true;
    try {
      work.run();
    } catch (RuntimeException e) {
      abandonCapture(driver, e);
      throw e;
    } finally {
      isCapturing = false;
    }
    long graph = driver.endCapture(stream);
    try {
      long executable = driver.instantiate(graph);
      context.count(1);
      return executable;
    } finally {
      driver.destroyGraph(graph);
    }
  }

  private void abandonCapture(Driver driver, RuntimeException cause) {
    try {
      long graph = driver.endCapture(stream);
      if (graph != 0) {
        driver.destroyGraph(graph);
      }
    } catch (CudaException e) {
      cause.addSuppressed(e);
    }
  }

  private final class Graph implements Recording {
    private final long executable;

    Graph(long executable) {
      this.executable = executable;
    }

    @Override
    public void enqueue() {
      context.enter().launchGraph(executable, stream);
    }

    @Override
    public void close() {
      if (graphs.remove(this)) {
        destroy();
      }
    }

    private void destroy() {
      context.enter().destroyExecutable(executable);
      context.count(-1);
    }
  }

  @Override
  public Marks newMarks(int count) {
    Events made = new Events(count);
    events.add(made);
    return made;
  }

  private final class Events implements Marks {
    private final long[] handles;

    Events(int count) {
      Driver driver = context.enter();
      handles = new long[count];
      for (int i = 0; i < count; i++) {
        handles[i] = driver.createEvent();
      }
      context.count(count);
    }

    @Override
    public void set(int index) {
      if (isCapturing) {
        context.enter().recordInGraph(handles[index], stream);
      } else {
        context.enter().record(handles[index], stream);
      }
    }

    @Override
    public long nanos(int from, int to) {
      return Math.round(context.enter().elapsedMillis(handles[from], handles[to]) * 1e6);
    }

    @Override
    public void close() {
      if (events.remove(this)) {
        destroy();
      }
    }

    private void destroy() {
      Driver driver = context.enter();
      for (long handle : handles) {
        driver.destroyEvent(handle);
      }
      context.count(-handles.length);
    }
  }

  @Override
  public void synchronize() {
    context.enter().synchronize(stream);
  }

  @Override
  public void close() {
    if (isClosed.getAndSet(true)) {
      return;
    }
    Driver driver = context.enter();
    try {
      driver.synchronize(stream);
    } finally {
      handle.ifPresent(Cudnn.Handle::close);
      graphs.forEach(Graph::destroy);
      events.forEach(Events::destroy);
      allocations.forEach(driver::free);
      hostAllocations.values().forEach(this::free);
      driver.destroyStream(stream);
      context.count(-1 - allocations.size());
      closed.run();
    }
  }
}
