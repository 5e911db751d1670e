package dev.slipway.backend.cuda;

import dev.slipway.backend.DeviceBuffer;
import dev.slipway.backend.DeviceQueue;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;

/** A stream, and the memory, graphs and library handles that belong to it; all of them end with it. */
final class CudaQueue implements DeviceQueue {
  private final CudaContext context;
  private final Supplier<Cudnn.Handle> handles;
  private final Runnable closed;
  private final long stream;
  private final List<Long> allocations = new ArrayList<>();
  private final List<MemorySegment> hostAllocations = new ArrayList<>();
  private final Set<Graph> graphs = new LinkedHashSet<>();
  private final Set<TimedGraph> timedGraphs = new LinkedHashSet<>();
  private Optional<Cudnn.Handle> handle = Optional.empty();
  private boolean isClosed;

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

  @Override
  public MemorySegment allocateHost(long bytes) {
    MemorySegment memory = context.enter().allocateHost(Math.max(bytes, 1));
    hostAllocations.add(memory);
    context.count(1);
    return memory.asSlice(0, bytes);
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
    try {
      work.run();
    } catch (RuntimeException e) {
      abandonCapture(driver, e);
      throw e;
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
  public TimedRecording recordTimed(List<? extends Runnable> work) {
    Driver driver = context.enter();
    List<Long> events = new ArrayList<>();
    try {
      for (int i = 0; i <= work.size() + 1; i++) {
        events.add(driver.createEvent());
      }
      TimedGraph graph = new TimedGraph(events, record(() -> {
        driver.recordInGraph(events.getFirst(), stream);
        for (int i = 0; i < work.size(); i++) {
          work.get(i).run();
          driver.recordInGraph(events.get(i + 1), stream);
        }
        driver.recordInGraph(events.getLast(), stream);
      }));
      timedGraphs.add(graph);
      return graph;
    } catch (RuntimeException e) {
      events.forEach(driver::destroyEvent);
      throw e;
    }
  }

  /** @param events before and after each piece, and one more, which tells what an event takes */
  private final class TimedGraph implements TimedRecording {
    private final List<Long> events;
    private final Recording recording;

    TimedGraph(List<Long> events, Recording recording) {
      this.events = events;
      this.recording = recording;
    }

    @Override
    public long[] nanos() {
      Driver driver = context.enter();
      recording.enqueue();
      synchronize();
      int last = events.size() - 1;
      double empty = driver.elapsedMillis(events.get(last - 1), events.get(last));
      long[] nanos = new long[last - 1];
      for (int i = 0; i < nanos.length; i++) {
        double millis = driver.elapsedMillis(events.get(i), events.get(i + 1)) - empty;
        nanos[i] = Math.round(Math.max(millis, 0) * 1e6);
      }
      return nanos;
    }

    @Override
    public void close() {
      if (timedGraphs.remove(this)) {
        recording.close();
        events.forEach(context.enter()::destroyEvent);
      }
    }
  }

  @Override
  public void synchronize() {
    context.enter().synchronize(stream);
  }

  @Override
  public void close() {
    if (isClosed) {
      return;
    }
    isClosed = true;
    Driver driver = context.enter();
    try {
      driver.synchronize(stream);
    } finally {
      handle.ifPresent(Cudnn.Handle::close);
      List.copyOf(timedGraphs).forEach(TimedGraph::close);
      graphs.forEach(Graph::destroy);
      allocations.forEach(driver::free);
      hostAllocations.forEach(driver::freeHost);
      driver.destroyStream(stream);
      context.count(-1 - allocations.size() - hostAllocations.size());
      closed.run();
    }
  }
}
