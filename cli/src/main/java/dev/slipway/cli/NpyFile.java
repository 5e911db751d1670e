package dev.slipway.cli;

import dev.slipway.tensor.DType;
import dev.slipway.tensor.Shape;
import dev.slipway.tensor.SlipwayException;
import dev.slipway.tensor.Tensor;
import dev.slipway.tensor.TensorType;
import java.io.ByteArrayOutputStream;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * NumPy's file format for one array, versions 1 to 3.
 * Source: https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html.
 */
final class NpyFile {
  private static final byte[] MAGIC = {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y'};
  private static final int ALIGNMENT = 64;
  private static final Pattern DESCRIPTION = Pattern.compile("'descr'\\s*:\\s*'([^']*)'");
  private static final Pattern ORDER = Pattern.compile("'fortran_order'\\s*:\\s*(True|False)");
  private static final Pattern SHAPE = Pattern.compile("'shape'\\s*:\\s*\\(([^)]*)\\)");

  private static final Map<String, DType> TYPES = Map.ofEntries(
      Map.entry("f2", DType.FLOAT16),
      Map.entry("f4", DType.FLOAT32),
      Map.entry("f8", DType.FLOAT64),
      Map.entry("i1", DType.INT8),
      Map.entry("i2", DType.INT16),
      Map.entry("i4", DType.INT32),
      Map.entry("i8", DType.INT64),
      Map.entry("u1", DType.UINT8),
      Map.entry("u2", DType.UINT16),
      Map.entry("u4", DType.UINT32),
      Map.entry("u8", DType.UINT64),
      Map.entry("b1", DType.BOOL),
      Map.entry("c8", DType.COMPLEX64),
      Map.entry("c16", DType.COMPLEX128));

  private NpyFile() {}

  /**
   * Reads an array.
   *
   * @param file for messages
   */
  static Tensor read(byte[] bytes, String file) {
    if (bytes.length < MAGIC.length + 4 || !Arrays.equals(bytes, 0, MAGIC.length, MAGIC, 0, MAGIC.length)) {
      throw new SlipwayException(file + ": no NumPy array (expected: a file that numpy.save wrote)");
    }
    boolean shortHeader = bytes[MAGIC.length] == 1;
    int start = MAGIC.length + 2 + (shortHeader ? 2 : 4);
    ByteBuffer buffer = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    if (bytes.length < start) {
      throw cutOff(file);
    }
    long length = shortHeader
        ? Short.toUnsignedInt(buffer.getShort(start - 2))
        : Integer.toUnsignedLong(buffer.getInt(start - 4));
    if (length > bytes.length - start) {
      throw cutOff(file);
    }
    String header = new String(bytes, start, (int) length, StandardCharsets.UTF_8);
    return read(MemorySegment.ofArray(bytes).asSlice(start + length), header, file);
  }

  private static SlipwayException cutOff(String file) {
    return new SlipwayException(file + ": its header is cut off (expected: the whole file)");
  }

  private static Tensor read(MemorySegment data, String header, String file) {
    String description = field(DESCRIPTION, header, file);
    char order = description.isEmpty() ? '?' : description.charAt(0);
    DType dtype = TYPES.get(description.isEmpty() ? "" : description.substring(1));
    if (dtype == null || (order == '>' && dtype.bits() > 8)) {
      throw new SlipwayException(file + ": element type " + description + " (expected: little-endian numbers or bool)");
    }
    long[] dims = dims(field(SHAPE, header, file), file);
    boolean columnMajor = field(ORDER, header, file).equals("True");
    TensorType type = TensorType.of(dtype, dims);
    if (data.byteSize() < type.bytes()) {
      throw new SlipwayException(
          file + ": " + data.byteSize() + " bytes of data (expected: " + type.bytes() + " for " + type + ")");
    }
    Tensor tensor = Tensor.allocate(type);
    if (columnMajor && dims.length > 1) {
      copyTransposed(data, tensor);
    } else {
      tensor.data().copyFrom(data.asSlice(0, type.bytes()));
    }
    return tensor;
  }

  private static String field(Pattern pattern, String header, String file) {
    Matcher matcher = pattern.matcher(header);
    if (!matcher.find()) {
      throw new SlipwayException(file + ": header " + header.strip() + " (expected: descr, fortran_order and shape)");
    }
    return matcher.group(1);
  }

  private static long[] dims(String text, String file) {
    try {
      return Arrays.stream(text.split(","))
          .map(String::strip)
          .filter(size -> !size.isEmpty())
          .mapToLong(Long::parseLong)
          .toArray();
    } catch (NumberFormatException e) {
      throw new SlipwayException(file + ": shape (" + text + ") (expected: numbers)", e);
    }
  }

  /** From the first axis fastest to the last axis fastest. */
  private static void copyTransposed(MemorySegment data, Tensor tensor) {
    long[] dims = tensor.dims();
    long[] strides = new long[dims.length];
    long stride = 1;
    for (int axis = 0; axis < dims.length; axis++) {
      strides[axis] = stride;
      stride *= dims[axis];
    }
    int bytes = tensor.dtype().bits() / 8;
    long[] index = new long[dims.length];
    for (long i = 0; i < tensor.elementCount(); i++) {
      long from = 0;
      for (int axis = 0; axis < dims.length; axis++) {
        from += index[axis] * strides[axis];
      }
      MemorySegment.copy(data, from * bytes, tensor.data(), i * bytes, bytes);
      for (int axis = dims.length - 1; axis >= 0 && ++index[axis] == dims[axis]; axis--) {
        index[axis] = 0;
      }
    }
  }

  /** The array as a file; types that NumPy lacks are widened: narrow floats to float32, narrow integers to int8. */
  static byte[] bytes(Tensor tensor) {
    Optional<String> own = TYPES.entrySet().stream()
        .filter(entry -> entry.getValue() == tensor.dtype())
        .map(Map.Entry::getKey)
        .findFirst();
    if (own.isEmpty()) {
      return bytes(widened(tensor));
    }
    String order = tensor.dtype().bits() == 8 ? "|" : "<";
    String shape = Arrays.stream(tensor.dims()).mapToObj(size -> size + ",").collect(Collectors.joining(" ", "(", ")"));
    String header = "{'descr': '" + order + own.get() + "', 'fortran_order': False, 'shape': "
        + (tensor.rank() > 1 ? shape.replace(",)", ")") : shape) + ", }";
    int unpadded = MAGIC.length + 4 + header.length() + 1;
    String padded = header + " ".repeat(Math.ceilDiv(unpadded, ALIGNMENT) * ALIGNMENT - unpadded) + "\n";
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.writeBytes(MAGIC);
    out.writeBytes(new byte[] {1, 0, (byte) padded.length(), (byte) (padded.length() >>> 8)});
    out.writeBytes(padded.getBytes(StandardCharsets.US_ASCII));
    out.writeBytes(tensor.data().asSlice(0, tensor.type().bytes()).toArray(java.lang.foreign.ValueLayout.JAVA_BYTE));
    return out.toByteArray();
  }

  private static Tensor widened(Tensor tensor) {
    Shape shape = tensor.shape();
    DType dtype = tensor.dtype().isFloat() ? DType.FLOAT32 : tensor.dtype().isUnsigned() ? DType.UINT8 : DType.INT8;
    Tensor wide = Tensor.allocate(TensorType.of(dtype, shape));
    for (long i = 0; i < tensor.elementCount(); i++) {
      wide.setDouble(i, tensor.getDouble(i));
    }
    return wide;
  }
}
