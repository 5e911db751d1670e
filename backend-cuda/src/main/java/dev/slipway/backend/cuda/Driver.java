package dev.slipway.backend.cuda;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * The driver API as it is: functions by their versioned names, a {@link CudaException} for every status that is not
 * success. All but the first few need a context that is current on the calling thread. Thread-safe.
 */
final class Driver {
  /** What to ask {@link #attribute} for: CUdevice_attribute. */
  static final int MULTIPROCESSORS = 16;

  static final int SECOND_CACHE_BYTES = 38;
  static final int COMPUTE_CAPABILITY_MAJOR = 75;
  static final int COMPUTE_CAPABILITY_MINOR = 76;

  private static final int STREAM_NON_BLOCKING = 1;
  private static final int CAPTURE_THREAD_LOCAL = 1;
  private static final int RECORD_EXTERNAL = 1;
  private static final int FUNCTION_MAX_DYNAMIC_SHARED_BYTES = 8;
  private static final int LONGEST_NAME = 256;

  private final NativeFunction errorName;
  private final NativeFunction errorString;
  private final NativeFunction init;
  private final NativeFunction driverVersion;
  private final NativeFunction deviceCount;
  private final NativeFunction deviceName;
  private final NativeFunction deviceAttribute;
  private final NativeFunction deviceMemory;
  private final NativeFunction retainContext;
  private final NativeFunction releaseContext;
  private final NativeFunction setContext;
  private final NativeFunction memoryInfo;
  private final NativeFunction loadModule;
  private final NativeFunction unloadModule;
  private final NativeFunction moduleFunction;
  private final NativeFunction setFunctionAttribute;
  private final NativeFunction occupancy;
  private final NativeFunction launch;
  private final NativeFunction allocate;
  private final NativeFunction free;
  private final NativeFunction allocateHost;
  private final NativeFunction freeHost;
  private final NativeFunction upload;
  private final NativeFunction download;
  private final NativeFunction copy;
  private final NativeFunction fill;
  private final NativeFunction createStream;
  private final NativeFunction destroyStream;
  private final NativeFunction synchronize;
  private final NativeFunction createEvent;
  private final NativeFunction destroyEvent;
  private final NativeFunction recordEvent;
  private final NativeFunction elapsed;
  private final NativeFunction beginCapture;
  private final NativeFunction endCapture;
  private final NativeFunction instantiate;
  private final NativeFunction launchGraph;
  private final NativeFunction destroyGraph;
  private final NativeFunction destroyExecutable;

  Driver(NativeLibrary cuda) {
    errorName = cuda.function("cuGetErrorName", JAVA_INT, ADDRESS);
    errorString = cuda.function("cuGetErrorString", JAVA_INT, ADDRESS);
    init = cuda.function("cuInit", JAVA_INT);
    driverVersion = cuda.function("cuDriverGetVersion", ADDRESS);
    deviceCount = cuda.function("cuDeviceGetCount", ADDRESS);
    deviceName = cuda.function("cuDeviceGetName", ADDRESS, JAVA_INT, JAVA_INT);
    deviceAttribute = cuda.function("cuDeviceGetAttribute", ADDRESS, JAVA_INT, JAVA_INT);
    deviceMemory = cuda.function("cuDeviceTotalMem_v2", ADDRESS, JAVA_INT);
    retainContext = cuda.function("cuDevicePrimaryCtxRetain", ADDRESS, JAVA_INT);
    releaseContext = cuda.function("cuDevicePrimaryCtxRelease_v2", JAVA_INT);
    setContext = cuda.function("cuCtxSetCurrent", JAVA_LONG);
    memoryInfo = cuda.function("cuMemGetInfo_v2", ADDRESS, ADDRESS);
    loadModule = cuda.function("cuModuleLoadData", ADDRESS, ADDRESS);
    unloadModule = cuda.function("cuModuleUnload", JAVA_LONG);
    moduleFunction = cuda.function("cuModuleGetFunction", ADDRESS, JAVA_LONG, ADDRESS);
    setFunctionAttribute = cuda.function("cuFuncSetAttribute", JAVA_LONG, JAVA_INT, JAVA_INT);
    occupancy = cuda.function(
        "cuOccupancyMaxPotentialBlockSize", ADDRESS, ADDRESS, JAVA_LONG, ADDRESS, JAVA_LONG, JAVA_INT);
    launch = cuda.function("cuLaunchKernel", JAVA_LONG, JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT,
        JAVA_INT, JAVA_LONG, ADDRESS, ADDRESS);
    allocate = cuda.function("cuMemAlloc_v2", ADDRESS, JAVA_LONG);
    free = cuda.function("cuMemFree_v2", JAVA_LONG);
    allocateHost = cuda.function("cuMemHostAlloc", ADDRESS, JAVA_LONG, JAVA_INT);
    freeHost = cuda.function("cuMemFreeHost", ADDRESS);
    upload = cuda.function("cuMemcpyHtoDAsync_v2", JAVA_LONG, ADDRESS, JAVA_LONG, JAVA_LONG);
    download = cuda.function("cuMemcpyDtoHAsync_v2", ADDRESS, JAVA_LONG, JAVA_LONG, JAVA_LONG);
    copy = cuda.function("cuMemcpyDtoDAsync_v2", JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG);
    fill = cuda.function("cuMemsetD8Async", JAVA_LONG, JAVA_BYTE, JAVA_LONG, JAVA_LONG);
    createStream = cuda.function("cuStreamCreate", ADDRESS, JAVA_INT);
    destroyStream = cuda.function("cuStreamDestroy_v2", JAVA_LONG);
    synchronize = cuda.function("cuStreamSynchronize", JAVA_LONG);
    createEvent = cuda.function("cuEventCreate", ADDRESS, JAVA_INT);
    destroyEvent = cuda.function("cuEventDestroy_v2", JAVA_LONG);
    recordEvent = cuda.function("cuEventRecordWithFlags", JAVA_LONG, JAVA_LONG, JAVA_INT);
    elapsed = cuda.function("cuEventElapsedTime", ADDRESS, JAVA_LONG, JAVA_LONG);
    beginCapture = cuda.function("cuStreamBeginCapture_v2", JAVA_LONG, JAVA_INT);
    endCapture = cuda.function("cuStreamEndCapture", JAVA_LONG, ADDRESS);
    instantiate = cuda.function("cuGraphInstantiateWithFlags", ADDRESS, JAVA_LONG, JAVA_LONG);
    launchGraph = cuda.function("cuGraphLaunch", JAVA_LONG, JAVA_LONG);
    destroyGraph = cuda.function("cuGraphDestroy", JAVA_LONG);
    destroyExecutable = cuda.function("cuGraphExecDestroy", JAVA_LONG);
  }

  void init() {
    check(init, init.status(0));
  }

  /** {@code 13.0}. */
  String version() {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment version = arena.allocate(JAVA_INT);
      check(driverVersion, driverVersion.status(version));
      int number = version.get(JAVA_INT, 0);
      return number / 1000 + "." + number % 1000 / 10;
    }
  }

  int deviceCount() {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment count = arena.allocate(JAVA_INT);
      check(deviceCount, deviceCount.status(count));
      return count.get(JAVA_INT, 0);
    }
  }

  String deviceName(int ordinal) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment name = arena.allocate(LONGEST_NAME);
      check(deviceName, deviceName.status(name, LONGEST_NAME, ordinal));
      return name.getString(0);
    }
  }

  int attribute(int ordinal, int attribute) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment value = arena.allocate(JAVA_INT);
      check(deviceAttribute, deviceAttribute.status(value, attribute, ordinal));
      return value.get(JAVA_INT, 0);
    }
  }

  /** Bytes of the device's memory. */
  long deviceMemory(int ordinal) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment bytes = arena.allocate(JAVA_LONG);
      check(deviceMemory, deviceMemory.status(bytes, ordinal));
      return bytes.get(JAVA_LONG, 0);
    }
  }

  /** The context that the process has on a device; made where nobody holds it yet. */
  long retainContext(int ordinal) {
    return handle(retainContext, ordinal);
  }

  void releaseContext(int ordinal) {
    check(releaseContext, releaseContext.status(ordinal));
  }

  void setContext(long context) {
    try {
      check(setContext, (int) setContext.handle().invokeExact(context));
    } catch (CudaException e) {
      throw e;
    } catch (Throwable e) {
      throw setContext.failure(e);
    }
  }

  /** Bytes of the device that nobody uses. */
  long freeMemory() {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment free = arena.allocate(JAVA_LONG);
      MemorySegment total = arena.allocate(JAVA_LONG);
      check(memoryInfo, memoryInfo.status(free, total));
      return free.get(JAVA_LONG, 0);
    }
  }

  long loadModule(MemorySegment code) {
    return handle(loadModule, code);
  }

  void unloadModule(long module) {
    check(unloadModule, unloadModule.status(module));
  }

  long function(long module, String name) {
    try (Arena arena = Arena.ofConfined()) {
      return handle(moduleFunction, module, arena.allocateFrom(name));
    }
  }

  void allowSharedBytes(long function, int bytes) {
    check(setFunctionAttribute, setFunctionAttribute.status(function, FUNCTION_MAX_DYNAMIC_SHARED_BYTES, bytes));
  }

  /** Blocks of the size with which most threads of a kernel are resident at once, as many as then run at once. */
  Grid occupancy(long function, int sharedBytes) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment blocks = arena.allocate(JAVA_INT);
      MemorySegment threads = arena.allocate(JAVA_INT);
      check(occupancy, occupancy.status(blocks, threads, function, MemorySegment.NULL, (long) sharedBytes, 0));
      return Grid.blocks(blocks.get(JAVA_INT, 0), threads.get(JAVA_INT, 0));
    }
  }

  /** @param arguments addresses of the arguments' values */
  void launch(long function, Grid grid, int sharedBytes, long stream, MemorySegment arguments) {
    try {
      check(launch, (int) launch.handle().invokeExact(function, grid.x(), grid.y(), grid.z(), grid.threads(),
          grid.threadsY(), grid.threadsZ(), sharedBytes, stream, arguments, MemorySegment.NULL));
    } catch (CudaException e) {
      throw e;
    } catch (Throwable e) {
      throw launch.failure(e);
    }
  }

  long allocate(long bytes) {
    return handle(allocate, bytes);
  }

  void free(long address) {
    check(free, free.status(address));
  }

  /** Memory of the host that stays where it is. */
  @SuppressWarnings("restricted")
  MemorySegment allocateHost(long bytes) {
    return MemorySegment.ofAddress(handle(allocateHost, bytes, 0)).reinterpret(bytes);
  }

  void freeHost(MemorySegment memory) {
    check(freeHost, freeHost.status(memory));
  }

  void upload(MemorySegment from, long to, long stream) {
    try {
      check(upload, (int) upload.handle().invokeExact(to, from, from.byteSize(), stream));
    } catch (CudaException e) {
      throw e;
    } catch (Throwable e) {
      throw upload.failure(e);
    }
  }

  void download(long from, MemorySegment to, long stream) {
    try {
      check(download, (int) download.handle().invokeExact(to, from, to.byteSize(), stream));
    } catch (CudaException e) {
      throw e;
    } catch (Throwable e) {
      throw download.failure(e);
    }
  }

  void copy(long from, long to, long bytes, long stream) {
    check(copy, copy.status(to, from, bytes, stream));
  }

  void fill(long address, byte value, long bytes, long stream) {
    check(fill, fill.status(address, value, bytes, stream));
  }

  long createStream() {
    return handle(createStream, STREAM_NON_BLOCKING);
  }

  void destroyStream(long stream) {
    check(destroyStream, destroyStream.status(stream));
  }

  void synchronize(long stream) {
    try {
      check(synchronize, (int) synchronize.handle().invokeExact(stream));
    } catch (CudaException e) {
      throw e;
    } catch (Throwable e) {
      throw synchronize.failure(e);
    }
  }

  long createEvent() {
    return handle(createEvent, 0);
  }

  void destroyEvent(long event) {
    check(destroyEvent, destroyEvent.status(event));
  }

  /** Becomes a part of the graph that is being captured, so that the event happens in every launch of it. */
  void recordInGraph(long event, long stream) {
    check(recordEvent, recordEvent.status(event, stream, RECORD_EXTERNAL));
  }

  void record(long event, long stream) {
    check(recordEvent, recordEvent.status(event, stream, 0));
  }

  /** Milliseconds between two events that have happened. */
  float elapsedMillis(long from, long to) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment millis = arena.allocate(JAVA_FLOAT);
      check(elapsed, (int) elapsed.handle().invokeExact(millis, from, to));
      return millis.get(JAVA_FLOAT, 0);
    } catch (CudaException e) {
      throw e;
    } catch (Throwable e) {
      throw elapsed.failure(e);
    }
  }

  /** What the calling thread enqueues on the stream becomes a graph instead of running. */
  void beginCapture(long stream) {
    check(beginCapture, beginCapture.status(stream, CAPTURE_THREAD_LOCAL));
  }

  long endCapture(long stream) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment graph = arena.allocate(JAVA_LONG);
      check(endCapture, endCapture.status(stream, graph));
      return graph.get(JAVA_LONG, 0);
    }
  }

  long instantiate(long graph) {
    return handle(instantiate, graph, 0L);
  }

  void launchGraph(long executable, long stream) {
    try {
      check(launchGraph, (int) launchGraph.handle().invokeExact(executable, stream));
    } catch (CudaException e) {
      throw e;
    } catch (Throwable e) {
      throw launchGraph.failure(e);
    }
  }

  void destroyGraph(long graph) {
    check(destroyGraph, destroyGraph.status(graph));
  }

  void destroyExecutable(long executable) {
    check(destroyExecutable, destroyExecutable.status(executable));
  }

  /** What a function writes to its first argument. */
  private long handle(NativeFunction function, Object... arguments) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment result = arena.allocate(JAVA_LONG);
      Object[] all = new Object[arguments.length + 1];
      all[0] = result;
      System.arraycopy(arguments, 0, all, 1, arguments.length);
      check(function, function.status(all));
      return result.get(JAVA_LONG, 0);
    }
  }

  private void check(NativeFunction function, int status) {
    if (status != 0) {
      throw new CudaException(function.symbol(), status, text(errorName, status) + ": " + text(errorString, status));
    }
  }

  @SuppressWarnings("restricted")
  private static String text(NativeFunction function, int status) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment pointer = arena.allocate(ADDRESS);
      return function.status(status, pointer) == 0
          ? pointer.get(ADDRESS, 0).reinterpret(Long.MAX_VALUE).getString(0)
          : "unknown";
    }
  }
}
