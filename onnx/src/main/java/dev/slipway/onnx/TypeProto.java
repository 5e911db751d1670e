package dev.slipway.onnx;

import dev.slipway.tensor.DType;
import dev.slipway.tensor.Dim;
import dev.slipway.tensor.Shape;
import dev.slipway.tensor.TensorType;
import dev.slipway.tensor.ValueType;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The type of a value as the file declares it. */
sealed interface TypeProto {

  /** A tensor; no dimensions where the rank is not declared. */
  record OfTensor(DType dtype, Optional<List<DimProto>> dims) implements TypeProto {}

  record OfSequence(TypeProto element) implements TypeProto {}

  record OfOptional(TypeProto element) implements TypeProto {}

  /** A dimension: a size, or a name, or neither. */
  record DimProto(Optional<Long> size, String name) {}

  /** Gives a declared dimension that is no number its symbol. */
  @FunctionalInterface
  interface Symbols {
    Dim symbol(DimProto dim, int axis);
  }

  /** The type, with the symbols that stand for dimensions that are no number. */
  default ValueType type(Symbols symbols) {
    return switch (this) {
      case OfTensor(DType dtype, Optional<List<DimProto>> dims) ->
          TensorType.of(dtype, dims.map(list -> shape(list, symbols)).orElse(Shape.UNRANKED));
      case OfSequence(TypeProto element) -> new ValueType.SequenceType(element.type(symbols));
      case OfOptional(TypeProto element) -> new ValueType.OptionalType(element.type(symbols));
    };
  }

  private static Shape shape(List<DimProto> dims, Symbols symbols) {
    List<Dim> shape = new ArrayList<>(dims.size());
    for (int axis = 0; axis < dims.size(); axis++) {
      DimProto dim = dims.get(axis);
      shape.add(dim.size().isPresent() ? Dim.of(dim.size().get()) : symbols.symbol(dim, axis));
    }
    return Shape.of(shape);
  }

  /** Empty where the message declares nothing. */
  static Optional<TypeProto> read(WireReader in) {
    Optional<TypeProto> type = Optional.empty();
    while (in.next()) {
      switch (in.field()) {
        case 1 -> type = tensor(in.message());
        case 4 -> type = element(in.message()).map(OfSequence::new);
        case 9 -> type = element(in.message()).map(OfOptional::new);
        case 5 -> throw in.corrupt("type: map (expected: tensor, sequence or optional)");
        case 8 -> throw in.corrupt("type: sparse tensor (expected: tensor, sequence or optional)");
        default -> in.skip();
      }
    }
    return type;
  }

  private static Optional<TypeProto> element(WireReader in) {
    Optional<TypeProto> element = Optional.empty();
    while (in.next()) {
      if (in.field() == 1) {
        element = read(in.message());
      } else {
        in.skip();
      }
    }
    return element;
  }

  private static Optional<TypeProto> tensor(WireReader in) {
    long code = 0;
    Optional<List<DimProto>> dims = Optional.empty();
    while (in.next()) {
      switch (in.field()) {
        case 1 -> code = in.varint();
        case 2 -> dims = Optional.of(dims(in.message()));
        default -> in.skip();
      }
    }
    if (code == 0) {
      return Optional.empty();
    }
    long given = code;
    DType dtype = DType.ofCode(given).orElseThrow(
        () -> in.corrupt("element type: " + given + " (expected: a type that ONNX defines, 1 to 26)"));
    return Optional.of(new OfTensor(dtype, dims));
  }

  private static List<DimProto> dims(WireReader in) {
    List<DimProto> dims = new ArrayList<>();
    while (in.next()) {
      if (in.field() == 1) {
        dims.add(dim(in.message()));
      } else {
        in.skip();
      }
    }
    return dims;
  }

  private static DimProto dim(WireReader in) {
    Optional<Long> size = Optional.empty();
    String name = "";
    while (in.next()) {
      switch (in.field()) {
        case 1 -> {
          long value = in.varint();
          // Exporters write -1 for a size that they do not know.
          size = value < 0 ? Optional.empty() : Optional.of(value);
        }
        case 2 -> name = in.string();
        default -> in.skip();
      }
    }
    return new DimProto(size, name);
  }
}
