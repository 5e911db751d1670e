package dev.slipway.operators;

import dev.slipway.graph.InvalidGraphException;
import dev.slipway.graph.OpDefinition;
import dev.slipway.graph.OpSchema;
import java.util.List;
import java.util.Optional;

/**
 * The operators that Slipway knows: a name in the list and a line in the switch for each. An operator's class is loaded
 * when it is first asked for, since a model needs few of them. Those of {@link KernelProvider}s are found, not listed.
 */
public final class Operators {
  /** Qualified names, in the order of the documentation. */
  private static final List<String> NAMES = List.of(
      // elementwise
      "Abs", "Acos", "Acosh", "Add", "And", "Asin", "Asinh", "Atan", "Atanh", "BitCast", "BitShift", "BitwiseAnd",
      "BitwiseNot", "BitwiseOr", "BitwiseXor", "Cast", "CastLike", "Ceil", "Celu", "Clip", "Cos", "Cosh", "Div",
      "Elu", "Equal", "Erf", "Exp", "Floor", "Gelu", "Greater", "GreaterOrEqual", "HardSigmoid", "HardSwish",
      "IsInf", "IsNaN", "LeakyRelu", "Less", "LessOrEqual", "Log", "Max", "Mean", "Min", "Mish", "Mod", "Mul",
      "Neg", "Not", "Or", "PRelu", "Pow", "Reciprocal", "Relu", "Round", "Selu", "Shrink", "Sigmoid", "Sign",
      "Sin", "Sinh", "Softplus", "Softsign", "Sqrt", "Sub", "Sum", "Swish", "Tan", "Tanh", "ThresholdedRelu",
      "Where", "Xor",
      // along axes
      "ArgMax", "ArgMin", "CumProd", "CumSum", "Hardmax", "LogSoftmax", "LpNormalization",
      "MeanVarianceNormalization", "ReduceL1", "ReduceL2", "ReduceLogSum", "ReduceLogSumExp", "ReduceMax",
      "ReduceMean", "ReduceMin", "ReduceProd", "ReduceSum", "ReduceSumSquare", "Softmax", "TopK",
      // movement
      "AffineGrid", "CenterCropPad", "Col2Im", "Compress", "Concat", "Constant", "ConstantOfShape", "DepthToSpace",
      "Dropout", "Expand", "Flatten", "Gather", "GatherElements", "GatherND", "GridSample", "Identity",
      "MaxRoiPool", "NonMaxSuppression", "NonZero", "OneHot", "Pad", "Range", "Reshape", "Resize",
      "ReverseSequence", "RoiAlign", "ScatterElements", "ScatterND", "Shape", "Size", "Slice", "SpaceToDepth",
      "Split", "Squeeze", "TensorScatter", "Tile", "Transpose", "Trilu", "Unique", "Unsqueeze",
      // control flow, sequences, optionals
      "ConcatFromSequence", "If", "Loop", "OptionalGetElement", "OptionalHasElement", "Optional", "Scan",
      "SequenceAt", "SequenceConstruct", "SequenceEmpty", "SequenceErase", "SequenceInsert", "SequenceLength",
      "SequenceMap", "SplitToSequence",
      // network layers
      "Attention", "AveragePool", "BatchNormalization", "CausalConvWithState", "Conv", "ConvTranspose",
      "DeformConv", "Einsum", "ai.onnx.preview.FlexAttention", "Gemm", "GlobalAveragePool", "GlobalLpPool",
      "GlobalMaxPool", "GroupNormalization", "GRU", "InstanceNormalization", "LayerNormalization",
      "LinearAttention", "LpPool", "LRN", "LSTM", "MatMul", "MaxPool", "MaxUnpool", "RMSNormalization", "RNN",
      "RotaryEmbedding",
      // quantised
      "ConvInteger", "DequantizeLinear", "DynamicQuantizeLinear", "MatMulInteger", "QLinearConv", "QLinearMatMul",
      "QuantizeLinear",
      // signals, random numbers, classical machine learning
      "ai.onnx.ml.ArrayFeatureExtractor", "Bernoulli", "ai.onnx.ml.Binarizer", "BlackmanWindow", "DFT", "Det",
      "EyeLike", "HammingWindow", "HannWindow", "ai.onnx.ml.LabelEncoder", "MelWeightMatrix", "Multinomial",
      "RandomNormal", "RandomNormalLike", "RandomUniform", "RandomUniformLike", "STFT", "TfIdfVectorizer",
      "ai.onnx.ml.TreeEnsemble",
      // losses
      "NegativeLogLikelihoodLoss", "SoftmaxCrossEntropyLoss",
      // Slipway's own, which the builder makes
      "slipway.Float8MatMul", "slipway.Fused", "slipway.QuantizedAdd", "slipway.QuantizedConv",
      "slipway.QuantizedMatMul", "slipway.QuantizedMul", "slipway.QuantizeRows", "slipway.Reorder",
      "slipway.TableLookup");

  private Operators() {}

  public static List<OpDefinition> all() {
    return NAMES.stream().map(Operators::get).toList();
  }

  /** The operator of this domain (empty or {@code ai.onnx} for ONNX itself) and name. */
  public static Optional<OpDefinition> find(String domain, String name) {
    return find(domain.isEmpty() || domain.equals("ai.onnx") ? name : domain + "." + name);
  }

  /**
   * The operator of this qualified name.
   *
   * @throws InvalidGraphException where there is none
   */
  public static OpDefinition get(String qualifiedName) {
    Optional<OpDefinition> found = find(qualifiedName);
    if (found.isEmpty()) {
      throw new InvalidGraphException("operator: " + qualifiedName + " (expected: one of the "
          + NAMES.size() + " operators that Slipway knows, or one of a kernel provider)");
    }
    return found.get();
  }

  /** Who offers an operator that is not Slipway's own. */
  public static Optional<KernelProvider> provider(OpSchema schema) {
    return schema.domain().isEmpty()
        ? Optional.empty()
        : ProvidedOperators.find(schema.qualifiedName()).map(ProvidedOperators.Provided::provider);
  }

  private static Optional<OpDefinition> find(String qualifiedName) {
    OpDefinition found = switch (qualifiedName) {
      case "Abs" -> Abs.DEFINITION;
      case "Acos" -> Acos.DEFINITION;
      case "Acosh" -> Acosh.DEFINITION;
      case "Add" -> Add.DEFINITION;
      case "And" -> And.DEFINITION;
      case "Asin" -> Asin.DEFINITION;
      case "Asinh" -> Asinh.DEFINITION;
      case "Atan" -> Atan.DEFINITION;
      case "Atanh" -> Atanh.DEFINITION;
      case "BitCast" -> BitCast.DEFINITION;
      case "BitShift" -> BitShift.DEFINITION;
      case "BitwiseAnd" -> BitwiseAnd.DEFINITION;
      case "BitwiseNot" -> BitwiseNot.DEFINITION;
      case "BitwiseOr" -> BitwiseOr.DEFINITION;
      case "BitwiseXor" -> BitwiseXor.DEFINITION;
      case "Cast" -> Cast.DEFINITION;
      case "CastLike" -> CastLike.DEFINITION;
      case "Ceil" -> Ceil.DEFINITION;
      case "Celu" -> Celu.DEFINITION;
      case "Clip" -> Clip.DEFINITION;
      case "Cos" -> Cos.DEFINITION;
      case "Cosh" -> Cosh.DEFINITION;
      case "Div" -> Div.DEFINITION;
      case "Elu" -> Elu.DEFINITION;
      case "Equal" -> Equal.DEFINITION;
      case "Erf" -> Erf.DEFINITION;
      case "Exp" -> Exp.DEFINITION;
      case "Floor" -> Floor.DEFINITION;
      case "Gelu" -> Gelu.DEFINITION;
      case "Greater" -> Greater.DEFINITION;
      case "GreaterOrEqual" -> GreaterOrEqual.DEFINITION;
      case "HardSigmoid" -> HardSigmoid.DEFINITION;
      case "HardSwish" -> HardSwish.DEFINITION;
      case "IsInf" -> IsInf.DEFINITION;
      case "IsNaN" -> IsNaN.DEFINITION;
      case "LeakyRelu" -> LeakyRelu.DEFINITION;
      case "Less" -> Less.DEFINITION;
      case "LessOrEqual" -> LessOrEqual.DEFINITION;
      case "Log" -> Log.DEFINITION;
      case "Max" -> Max.DEFINITION;
      case "Mean" -> Mean.DEFINITION;
      case "Min" -> Min.DEFINITION;
      case "Mish" -> Mish.DEFINITION;
      case "Mod" -> Mod.DEFINITION;
      case "Mul" -> Mul.DEFINITION;
      case "Neg" -> Neg.DEFINITION;
      case "Not" -> Not.DEFINITION;
      case "Or" -> Or.DEFINITION;
      case "PRelu" -> PRelu.DEFINITION;
      case "Pow" -> Pow.DEFINITION;
      case "Reciprocal" -> Reciprocal.DEFINITION;
      case "Relu" -> Relu.DEFINITION;
      case "Round" -> Round.DEFINITION;
      case "Selu" -> Selu.DEFINITION;
      case "Shrink" -> Shrink.DEFINITION;
      case "Sigmoid" -> Sigmoid.DEFINITION;
      case "Sign" -> Sign.DEFINITION;
      case "Sin" -> Sin.DEFINITION;
      case "Sinh" -> Sinh.DEFINITION;
      case "Softplus" -> Softplus.DEFINITION;
      case "Softsign" -> Softsign.DEFINITION;
      case "Sqrt" -> Sqrt.DEFINITION;
      case "Sub" -> Sub.DEFINITION;
      case "Sum" -> Sum.DEFINITION;
      case "Swish" -> Swish.DEFINITION;
      case "Tan" -> Tan.DEFINITION;
      case "Tanh" -> Tanh.DEFINITION;
      case "ThresholdedRelu" -> ThresholdedRelu.DEFINITION;
      case "Where" -> Where.DEFINITION;
      case "Xor" -> Xor.DEFINITION;
      case "ArgMax" -> ArgMax.DEFINITION;
      case "ArgMin" -> ArgMin.DEFINITION;
      case "CumProd" -> CumProd.DEFINITION;
      case "CumSum" -> CumSum.DEFINITION;
      case "Hardmax" -> Hardmax.DEFINITION;
      case "LogSoftmax" -> LogSoftmax.DEFINITION;
      case "LpNormalization" -> LpNormalization.DEFINITION;
      case "MeanVarianceNormalization" -> MeanVarianceNormalization.DEFINITION;
      case "ReduceL1" -> ReduceL1.DEFINITION;
      case "ReduceL2" -> ReduceL2.DEFINITION;
      case "ReduceLogSum" -> ReduceLogSum.DEFINITION;
      case "ReduceLogSumExp" -> ReduceLogSumExp.DEFINITION;
      case "ReduceMax" -> ReduceMax.DEFINITION;
      case "ReduceMean" -> ReduceMean.DEFINITION;
      case "ReduceMin" -> ReduceMin.DEFINITION;
      case "ReduceProd" -> ReduceProd.DEFINITION;
      case "ReduceSum" -> ReduceSum.DEFINITION;
      case "ReduceSumSquare" -> ReduceSumSquare.DEFINITION;
      case "Softmax" -> Softmax.DEFINITION;
      case "TopK" -> TopK.DEFINITION;
      case "AffineGrid" -> AffineGrid.DEFINITION;
      case "CenterCropPad" -> CenterCropPad.DEFINITION;
      case "Col2Im" -> Col2Im.DEFINITION;
      case "Compress" -> Compress.DEFINITION;
      case "Concat" -> Concat.DEFINITION;
      case "Constant" -> Constant.DEFINITION;
      case "ConstantOfShape" -> ConstantOfShape.DEFINITION;
      case "DepthToSpace" -> DepthToSpace.DEFINITION;
      case "Dropout" -> Dropout.DEFINITION;
      case "Expand" -> Expand.DEFINITION;
      case "Flatten" -> Flatten.DEFINITION;
      case "Gather" -> Gather.DEFINITION;
      case "GatherElements" -> GatherElements.DEFINITION;
      case "GatherND" -> GatherND.DEFINITION;
      case "GridSample" -> GridSample.DEFINITION;
      case "Identity" -> Identity.DEFINITION;
      case "MaxRoiPool" -> MaxRoiPool.DEFINITION;
      case "NonMaxSuppression" -> NonMaxSuppression.DEFINITION;
      case "NonZero" -> NonZero.DEFINITION;
      case "OneHot" -> OneHot.DEFINITION;
      case "Pad" -> Pad.DEFINITION;
      case "Range" -> Range.DEFINITION;
      case "Reshape" -> Reshape.DEFINITION;
      case "Resize" -> Resize.DEFINITION;
      case "ReverseSequence" -> ReverseSequence.DEFINITION;
      case "RoiAlign" -> RoiAlign.DEFINITION;
      case "ScatterElements" -> ScatterElements.DEFINITION;
      case "ScatterND" -> ScatterND.DEFINITION;
      case "Shape" -> ShapeOf.DEFINITION;
      case "Size" -> Size.DEFINITION;
      case "Slice" -> Slice.DEFINITION;
      case "SpaceToDepth" -> SpaceToDepth.DEFINITION;
      case "Split" -> Split.DEFINITION;
      case "Squeeze" -> Squeeze.DEFINITION;
      case "TensorScatter" -> TensorScatter.DEFINITION;
      case "Tile" -> Tile.DEFINITION;
      case "Transpose" -> Transpose.DEFINITION;
      case "Trilu" -> Trilu.DEFINITION;
      case "Unique" -> Unique.DEFINITION;
      case "Unsqueeze" -> Unsqueeze.DEFINITION;
      case "ConcatFromSequence" -> ConcatFromSequence.DEFINITION;
      case "If" -> If.DEFINITION;
      case "Loop" -> Loop.DEFINITION;
      case "OptionalGetElement" -> OptionalGetElement.DEFINITION;
      case "OptionalHasElement" -> OptionalHasElement.DEFINITION;
      case "Optional" -> OptionalOf.DEFINITION;
      case "Scan" -> Scan.DEFINITION;
      case "SequenceAt" -> SequenceAt.DEFINITION;
      case "SequenceConstruct" -> SequenceConstruct.DEFINITION;
      case "SequenceEmpty" -> SequenceEmpty.DEFINITION;
      case "SequenceErase" -> SequenceErase.DEFINITION;
      case "SequenceInsert" -> SequenceInsert.DEFINITION;
      case "SequenceLength" -> SequenceLength.DEFINITION;
      case "SequenceMap" -> SequenceMap.DEFINITION;
      case "SplitToSequence" -> SplitToSequence.DEFINITION;
      case "Attention" -> Attention.DEFINITION;
      case "AveragePool" -> AveragePool.DEFINITION;
      case "BatchNormalization" -> BatchNormalization.DEFINITION;
      case "CausalConvWithState" -> CausalConvWithState.DEFINITION;
      case "Conv" -> Conv.DEFINITION;
      case "ConvTranspose" -> ConvTranspose.DEFINITION;
      case "DeformConv" -> DeformConv.DEFINITION;
      case "Einsum" -> Einsum.DEFINITION;
      case "ai.onnx.preview.FlexAttention" -> FlexAttention.DEFINITION;
      case "Gemm" -> Gemm.DEFINITION;
      case "GlobalAveragePool" -> GlobalAveragePool.DEFINITION;
      case "GlobalLpPool" -> GlobalLpPool.DEFINITION;
      case "GlobalMaxPool" -> GlobalMaxPool.DEFINITION;
      case "GroupNormalization" -> GroupNormalization.DEFINITION;
      case "GRU" -> GRU.DEFINITION;
      case "InstanceNormalization" -> InstanceNormalization.DEFINITION;
      case "LayerNormalization" -> LayerNormalization.DEFINITION;
      case "LinearAttention" -> LinearAttention.DEFINITION;
      case "LpPool" -> LpPool.DEFINITION;
      case "LRN" -> LRN.DEFINITION;
      case "LSTM" -> LSTM.DEFINITION;
      case "MatMul" -> MatMul.DEFINITION;
      case "MaxPool" -> MaxPool.DEFINITION;
      case "MaxUnpool" -> MaxUnpool.DEFINITION;
      case "RMSNormalization" -> RMSNormalization.DEFINITION;
      case "RNN" -> RNN.DEFINITION;
      case "RotaryEmbedding" -> RotaryEmbedding.DEFINITION;
      case "ConvInteger" -> ConvInteger.DEFINITION;
      case "DequantizeLinear" -> DequantizeLinear.DEFINITION;
      case "DynamicQuantizeLinear" -> DynamicQuantizeLinear.DEFINITION;
      case "MatMulInteger" -> MatMulInteger.DEFINITION;
      case "QLinearConv" -> QLinearConv.DEFINITION;
      case "QLinearMatMul" -> QLinearMatMul.DEFINITION;
      case "QuantizeLinear" -> QuantizeLinear.DEFINITION;
      case "ai.onnx.ml.ArrayFeatureExtractor" -> ArrayFeatureExtractor.DEFINITION;
      case "Bernoulli" -> Bernoulli.DEFINITION;
      case "ai.onnx.ml.Binarizer" -> Binarizer.DEFINITION;
      case "BlackmanWindow" -> BlackmanWindow.DEFINITION;
      case "DFT" -> DFT.DEFINITION;
      case "Det" -> Det.DEFINITION;
      case "EyeLike" -> EyeLike.DEFINITION;
      case "HammingWindow" -> HammingWindow.DEFINITION;
      case "HannWindow" -> HannWindow.DEFINITION;
      case "ai.onnx.ml.LabelEncoder" -> LabelEncoder.DEFINITION;
      case "MelWeightMatrix" -> MelWeightMatrix.DEFINITION;
      case "Multinomial" -> Multinomial.DEFINITION;
      case "RandomNormal" -> RandomNormal.DEFINITION;
      case "RandomNormalLike" -> RandomNormalLike.DEFINITION;
      case "RandomUniform" -> RandomUniform.DEFINITION;
      case "RandomUniformLike" -> RandomUniformLike.DEFINITION;
      case "STFT" -> STFT.DEFINITION;
      case "TfIdfVectorizer" -> TfIdfVectorizer.DEFINITION;
      case "ai.onnx.ml.TreeEnsemble" -> TreeEnsemble.DEFINITION;
      case "NegativeLogLikelihoodLoss" -> NegativeLogLikelihoodLoss.DEFINITION;
      case "SoftmaxCrossEntropyLoss" -> SoftmaxCrossEntropyLoss.DEFINITION;
      case "slipway.Float8MatMul" -> Float8MatMul.DEFINITION;
      case "slipway.Fused" -> Fused.DEFINITION;
      case "slipway.QuantizedAdd" -> QuantizedAdd.DEFINITION;
      case "slipway.QuantizedConv" -> QuantizedConv.DEFINITION;
      case "slipway.QuantizedMatMul" -> QuantizedMatMul.DEFINITION;
      case "slipway.QuantizedMul" -> QuantizedMul.DEFINITION;
      case "slipway.QuantizeRows" -> QuantizeRows.DEFINITION;
      case "slipway.Reorder" -> Reorder.DEFINITION;
      case "slipway.TableLookup" -> TableLookup.DEFINITION;
      default -> null;
    };
    return found == null
        ? ProvidedOperators.find(qualifiedName).map(ProvidedOperators.Provided::definition)
        : Optional.of(found);
  }
}
