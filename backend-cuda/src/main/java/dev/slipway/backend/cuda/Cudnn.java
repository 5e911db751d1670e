package dev.slipway.backend.cuda;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_DOUBLE;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.slipway.tensor.DType;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/**
 * cuDNN's graph API as it is: descriptors with attributes. Needs a current context. Thread-safe but for handles: the
 * library itself neither runs nor writes one plan by two threads at once, so that those wait for each other here.
 *
 * <p>Numbers are those of cudnn_graph.h: cudnnBackendDescriptorType_t, cudnnBackendAttributeName_t,
 * cudnnBackendAttributeType_t.
 */
final class Cudnn {
  private static final int LONGEST_MESSAGE = 1024;

  private final NativeFunction version;
  private final NativeFunction lastError;
  private final NativeFunction createHandle;
  private final NativeFunction destroyHandle;
  private final NativeFunction setStream;
  private final NativeFunction create;
  private final NativeFunction destroy;
  private final NativeFunction complete;
  private final NativeFunction set;
  private final NativeFunction get;
  private final NativeFunction execute;

  Cudnn(NativeLibrary cudnn) {
    version = cudnn.bind("cudnnGetVersion", FunctionDescriptor.of(JAVA_LONG));
    lastError = cudnn.bind("cudnnGetLastErrorString", FunctionDescriptor.ofVoid(ADDRESS, JAVA_LONG));
    createHandle = cudnn.function("cudnnCreate", ADDRESS);
    destroyHandle = cudnn.function("cudnnDestroy", JAVA_LONG);
    setStream = cudnn.function("cudnnSetStream", JAVA_LONG, JAVA_LONG);
    create = cudnn.function("cudnnBackendCreateDescriptor", JAVA_INT, ADDRESS);
    destroy = cudnn.function("cudnnBackendDestroyDescriptor", JAVA_LONG);
    complete = cudnn.function("cudnnBackendFinalize", JAVA_LONG);
    set = cudnn.function("cudnnBackendSetAttribute", JAVA_LONG, JAVA_INT, JAVA_INT, JAVA_LONG, ADDRESS);
    get = cudnn.function("cudnnBackendGetAttribute", JAVA_LONG, JAVA_INT, JAVA_INT, JAVA_LONG, ADDRESS, ADDRESS);
    execute = cudnn.function("cudnnBackendExecute", JAVA_LONG, JAVA_LONG, JAVA_LONG);
  }

  /** {@code 9.14.0}. */
  String version() {
    long number = (long) version.call();
    return number / 10000 + "." + number / 100 % 100 + "." + number % 100;
  }

  /** What kind of thing a descriptor describes. */
  enum Kind {
    POINTWISE(0),
    CONVOLUTION(1),
    ENGINE(2),
    ENGINE_CONFIGURATION(3),
    HEURISTICS(4),
    PLAN(5),
    CONVOLUTION_FORWARD(10),
    POINTWISE_OPERATION(13),
    OPERATION_GRAPH(15),
    VARIANT_PACK(16),
    TENSOR(17);

    private final int code;

    Kind(int code) {
      this.code = code;
    }
  }

  /** The type of an attribute's values. */
  enum Values {
    HANDLE(0),
    DATA_TYPE(1),
    BOOLEAN(2),
    INT64(3),
    FLOAT(4),
    DOUBLE(5),
    POINTER(6),
    CONVOLUTION_MODE(7),
    HEURISTIC_MODE(8),
    NUMERICAL_NOTE(11),
    POINTWISE_MODE(14),
    DESCRIPTOR(15),
    CHAR(24);

    private final int code;

    Values(int code) {
      this.code = code;
    }
  }

  /** cudnnDataType_t. */
  static int type(DType type) {
    return switch (type) {
      case FLOAT32 -> 0;
      case FLOAT16 -> 2;
      case BFLOAT16 -> 9;
      default -> throw new IllegalArgumentException("element type: " + type);
    };
  }

  /** A handle, which enqueues on one stream. For one thread at a time. */
  final class Handle implements AutoCloseable {
    private final long address;

    private Handle() {
      try (Arena arena = Arena.ofConfined()) {
        MemorySegment result = arena.allocate(JAVA_LONG);
        check(createHandle, createHandle.status(result));
        address = result.get(JAVA_LONG, 0);
      }
    }

    void setStream(long stream) {
      check(setStream, setStream.status(address, stream));
    }

    long address() {
      return address;
    }

    /** Enqueues a plan. */
    void execute(Descriptor plan, Descriptor variantPack) {
      synchronized (plan) {
        check(execute, execute.status(address, plan.address, variantPack.address));
      }
    }

    @Override
    public void close() {
      check(destroyHandle, destroyHandle.status(address));
    }
  }

  Handle handle() {
    return new Handle();
  }

  /** A descriptor: attributes are set, then it is completed, then others may refer to it. */
  final class Descriptor implements AutoCloseable {
    private final Kind kind;
    private final long address;

    private Descriptor(Kind kind) {
      this.kind = kind;
      try (Arena arena = Arena.ofConfined()) {
        MemorySegment result = arena.allocate(JAVA_LONG);
        check(create, create.status(kind.code, result));
        address = result.get(JAVA_LONG, 0);
      }
    }

    Descriptor set(int attribute, Values type, long... values) {
      try (Arena arena = Arena.ofConfined()) {
        return set(attribute, type, values.length, arena.allocateFrom(JAVA_LONG, values));
      }
    }

    /** An attribute whose values are enums of four bytes. */
    Descriptor setCode(int attribute, Values type, int value) {
      try (Arena arena = Arena.ofConfined()) {
        return set(attribute, type, 1, arena.allocateFrom(JAVA_INT, value));
      }
    }

    Descriptor setFloat(int attribute, float value) {
      try (Arena arena = Arena.ofConfined()) {
        return set(attribute, Values.FLOAT, 1, arena.allocateFrom(JAVA_FLOAT, value));
      }
    }

    Descriptor setDouble(int attribute, double value) {
      try (Arena arena = Arena.ofConfined()) {
        return set(attribute, Values.DOUBLE, 1, arena.allocateFrom(JAVA_DOUBLE, value));
      }
    }

    Descriptor setFlag(int attribute) {
      try (Arena arena = Arena.ofConfined()) {
        return set(attribute, Values.BOOLEAN, 1, arena.allocateFrom(JAVA_BYTE, (byte) 1));
      }
    }

    /** Bytes of a text. */
    Descriptor setText(int attribute, byte[] text) {
      try (Arena arena = Arena.ofConfined()) {
        return set(attribute, Values.CHAR, text.length, arena.allocateFrom(JAVA_BYTE, text));
      }
    }

    /** With room behind it, where the library may end what it writes with a zero. */
    synchronized byte[] text(int attribute) {
      try (Arena arena = Arena.ofConfined()) {
        MemorySegment count = arena.allocate(JAVA_LONG);
        check(get, get.status(address, attribute, Values.CHAR.code, 0L, count, MemorySegment.NULL));
        long length = count.get(JAVA_LONG, 0);
        MemorySegment text = arena.allocate(2 * length + LONGEST_MESSAGE);
        check(get, get.status(address, attribute, Values.CHAR.code, length, count, text));
        return text.asSlice(0, length).toArray(JAVA_BYTE);
      }
    }

    Descriptor set(int attribute, List<Descriptor> values) {
      return set(attribute, Values.DESCRIPTOR, values.stream().mapToLong(value -> value.address).toArray());
    }

    Descriptor set(int attribute, Descriptor value) {
      return set(attribute, List.of(value));
    }

    private Descriptor set(int attribute, Values type, long count, MemorySegment values) {
      check(set, set.status(address, attribute, type.code, count, values));
      return this;
    }

    Descriptor complete() {
      check(complete, complete.status(address));
      return this;
    }

    long integer(int attribute) {
      try (Arena arena = Arena.ofConfined()) {
        MemorySegment count = arena.allocate(JAVA_LONG);
        MemorySegment value = arena.allocate(JAVA_LONG);
        check(get, get.status(address, attribute, Values.INT64.code, 1L, count, value));
        return value.get(JAVA_LONG, 0);
      }
    }

    /** Enums of four bytes. */
    List<Integer> codes(int attribute, Values type, int most) {
      try (Arena arena = Arena.ofConfined()) {
        MemorySegment count = arena.allocate(JAVA_LONG);
        MemorySegment values = arena.allocate(JAVA_INT, most);
        check(get, get.status(address, attribute, type.code, (long) most, count, values));
        List<Integer> codes = new ArrayList<>();
        for (long i = 0; i < Math.min(most, count.get(JAVA_LONG, 0)); i++) {
          codes.add(values.getAtIndex(JAVA_INT, i));
        }
        return codes;
      }
    }

    /** Descriptors of a kind that an attribute gives; the caller closes them. */
    List<Descriptor> descriptors(int attribute, Kind of, int most) {
      List<Descriptor> made = new ArrayList<>();
      try (Arena arena = Arena.ofConfined()) {
        for (int i = 0; i < most; i++) {
          made.add(new Descriptor(of));
        }
        MemorySegment count = arena.allocate(JAVA_LONG);
        MemorySegment values =
            arena.allocateFrom(JAVA_LONG, made.stream().mapToLong(one -> one.address).toArray());
        check(get, get.status(address, attribute, Values.DESCRIPTOR.code, (long) most, count, values));
        int found = (int) Math.min(most, count.get(JAVA_LONG, 0));
        made.subList(found, most).forEach(Descriptor::close);
        return made.subList(0, found);
      }
    }

    @Override
    public void close() {
      check(destroy, destroy.status(address));
    }

    @Override
    public String toString() {
      return kind.toString();
    }
  }

  Descriptor descriptor(Kind kind) {
    return new Descriptor(kind);
  }

  private void check(NativeFunction function, int status) {
    if (status != 0) {
      try (Arena arena = Arena.ofConfined()) {
        MemorySegment words = arena.allocate(LONGEST_MESSAGE);
        lastError.call(words, (long) LONGEST_MESSAGE);
        throw new CudaException(function.symbol(), status, words.getString(0).strip());
      }
    }
  }
}
