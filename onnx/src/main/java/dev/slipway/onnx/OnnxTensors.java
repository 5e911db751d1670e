package dev.slipway.onnx;

import dev.slipway.tensor.Datum;
import dev.slipway.tensor.SlipwayException;
import dev.slipway.tensor.Tensor;
import dev.slipway.tensor.TensorType;
import dev.slipway.tensor.ValueType;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Reads and writes values in files of their own: TensorProto, SequenceProto and OptionalProto, as ONNX's test data have
 * them.
 */
public final class OnnxTensors {
  private OnnxTensors() {}

  /**
   * Reads a value. The file does not say what kind of message it holds, the type does.
   *
   * @throws SlipwayException naming the file and the byte, where it holds no such value
   */
  public static Datum read(Path path, ValueType type) {
    return read(new WireReader(ModelSource.map(path)), type);
  }

  /** Reads a tensor. */
  public static Tensor read(Path path) {
    return TensorProto.read(new WireReader(ModelSource.map(path))).tensor();
  }

  /**
   * Reads a value from memory, which must stay unchanged while the value is in use.
   *
   * @param file for messages
   */
  public static Datum read(byte[] bytes, String file, ValueType type) {
    return read(reader(bytes, file), type);
  }

  /**
   * The name that a tensor carries, empty where it has none.
   *
   * @param file for messages
   */
  public static String name(byte[] bytes, String file) {
    WireReader in = reader(bytes, file);
    String name = "";
    while (in.next()) {
      if (in.field() == 8) {
        name = in.string();
      } else {
        in.skip();
      }
    }
    return name;
  }

  private static WireReader reader(byte[] bytes, String file) {
    return new WireReader(new ModelSource(file, MemorySegment.ofArray(bytes), Optional.empty()));
  }

  /** Writes a tensor as a TensorProto; the file appears whole or not at all. */
  public static void write(Path path, String name, Tensor tensor) {
    WireWriter proto =
        TensorProto.withoutData(name, tensor.type()).bytes(9, tensor.data().asSlice(0, tensor.type().bytes()));
    OnnxWriter.replace(path, proto::writeTo);
  }

  private static Datum read(WireReader in, ValueType type) {
    return switch (type) {
      case TensorType tensor -> TensorProto.read(in).tensor();
      case ValueType.SequenceType sequence -> sequence(in, sequence);
      case ValueType.OptionalType optional -> optional(in, optional);
    };
  }

  private static Datum sequence(WireReader in, ValueType.SequenceType type) {
    List<Datum> elements = new ArrayList<>();
    while (in.next()) {
      switch (in.field()) {
        case 3, 5, 7 -> elements.add(read(in.message(), type.element()));
        case 4, 6 -> throw in.corrupt("sequence of sparse tensors or maps (expected: of tensors)");
        default -> in.skip();
      }
    }
    return new Datum.Sequence(type, elements);
  }

  private static Datum optional(WireReader in, ValueType.OptionalType type) {
    Optional<Datum> value = Optional.empty();
    while (in.next()) {
      switch (in.field()) {
        case 3, 5, 7 -> value = Optional.of(read(in.message(), type.element()));
        case 4, 6 -> throw in.corrupt("optional sparse tensor or map (expected: optional tensor)");
        default -> in.skip();
      }
    }
    return new Datum.Maybe(type, value);
  }
}
