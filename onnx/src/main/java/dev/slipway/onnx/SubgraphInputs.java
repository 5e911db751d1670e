package dev.slipway.onnx;

import dev.slipway.graph.GraphBuilder;
import dev.slipway.graph.ValueId;
import dev.slipway.tensor.DType;
import dev.slipway.tensor.Shape;
import dev.slipway.tensor.TensorType;
import dev.slipway.tensor.ValueType;
import java.util.List;
import java.util.Optional;

/** The types of formal inputs of subgraphs that the file does not declare, as the operator around them implies. */
final class SubgraphInputs {
  private SubgraphInputs() {}

  static Optional<ValueType> type(NodeProto node, int port, List<ValueId> inputs, GraphBuilder builder) {
    return switch (node.type()) {
      case "Loop" -> switch (port) {
        case 0 -> Optional.of(TensorType.of(DType.INT64));
        case 1 -> Optional.of(TensorType.of(DType.BOOL));
        default -> ofInput(port, inputs, builder);
      };
      case "Scan" -> ofInput(port, inputs, builder);
      case "SequenceMap" -> ofInput(port, inputs, builder).map(type ->
          type instanceof ValueType.SequenceType sequence ? sequence.element() : type);
      default -> Optional.empty();
    };
  }

  /** The type of an input of the node, of any shape, as a loop may change it. */
  private static Optional<ValueType> ofInput(int port, List<ValueId> inputs, GraphBuilder builder) {
    if (port >= inputs.size() || !inputs.get(port).isPresent()) {
      return Optional.empty();
    }
    ValueType type = builder.type(inputs.get(port));
    return Optional.of(type instanceof TensorType tensor ? tensor.withShape(Shape.UNRANKED) : type);
  }
}
