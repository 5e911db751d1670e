package dev.slipway.operators;

import dev.slipway.graph.InvalidGraphException;
import dev.slipway.graph.OpDefinition;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/** The list of operators that Slipway knows, one line each. */
public final class Operators {
  private static final List<OpDefinition> ELEMENTWISE = List.of(
      Abs.DEFINITION,
      Acos.DEFINITION,
      Acosh.DEFINITION,
      Add.DEFINITION,
      And.DEFINITION,
      Asin.DEFINITION,
      Asinh.DEFINITION,
      Atan.DEFINITION,
      Atanh.DEFINITION,
      BitCast.DEFINITION,
      BitShift.DEFINITION,
      BitwiseAnd.DEFINITION,
      BitwiseNot.DEFINITION,
      BitwiseOr.DEFINITION,
      BitwiseXor.DEFINITION,
      Cast.DEFINITION,
      CastLike.DEFINITION,
      Ceil.DEFINITION,
      Celu.DEFINITION,
      Clip.DEFINITION,
      Cos.DEFINITION,
      Cosh.DEFINITION,
      Div.DEFINITION,
      Elu.DEFINITION,
      Equal.DEFINITION,
      Erf.DEFINITION,
      Exp.DEFINITION,
      Floor.DEFINITION,
      Gelu.DEFINITION,
      Greater.DEFINITION,
      GreaterOrEqual.DEFINITION,
      HardSigmoid.DEFINITION,
      HardSwish.DEFINITION,
      IsInf.DEFINITION,
      IsNaN.DEFINITION,
      LeakyRelu.DEFINITION,
      Less.DEFINITION,
      LessOrEqual.DEFINITION,
      Log.DEFINITION,
      Max.DEFINITION,
      Mean.DEFINITION,
      Min.DEFINITION,
      Mish.DEFINITION,
      Mod.DEFINITION,
      Mul.DEFINITION,
      Neg.DEFINITION,
      Not.DEFINITION,
      Or.DEFINITION,
      PRelu.DEFINITION,
      Pow.DEFINITION,
      Reciprocal.DEFINITION,
      Relu.DEFINITION,
      Round.DEFINITION,
      Selu.DEFINITION,
      Shrink.DEFINITION,
      Sigmoid.DEFINITION,
      Sign.DEFINITION,
      Sin.DEFINITION,
      Sinh.DEFINITION,
      Softplus.DEFINITION,
      Softsign.DEFINITION,
      Sqrt.DEFINITION,
      Sub.DEFINITION,
      Sum.DEFINITION,
      Swish.DEFINITION,
      Tan.DEFINITION,
      Tanh.DEFINITION,
      ThresholdedRelu.DEFINITION,
      Where.DEFINITION,
      Xor.DEFINITION);

  private static final List<OpDefinition> REDUCTION = List.of(
      ArgMax.DEFINITION,
      ArgMin.DEFINITION,
      CumProd.DEFINITION,
      CumSum.DEFINITION,
      Hardmax.DEFINITION,
      LogSoftmax.DEFINITION,
      LpNormalization.DEFINITION,
      MeanVarianceNormalization.DEFINITION,
      ReduceL1.DEFINITION,
      ReduceL2.DEFINITION,
      ReduceLogSum.DEFINITION,
      ReduceLogSumExp.DEFINITION,
      ReduceMax.DEFINITION,
      ReduceMean.DEFINITION,
      ReduceMin.DEFINITION,
      ReduceProd.DEFINITION,
      ReduceSum.DEFINITION,
      ReduceSumSquare.DEFINITION,
      Softmax.DEFINITION,
      TopK.DEFINITION);

  private static final List<OpDefinition> MOVEMENT = List.of(
      AffineGrid.DEFINITION,
      CenterCropPad.DEFINITION,
      Col2Im.DEFINITION,
      Compress.DEFINITION,
      Concat.DEFINITION,
      Constant.DEFINITION,
      ConstantOfShape.DEFINITION,
      DepthToSpace.DEFINITION,
      Dropout.DEFINITION,
      Expand.DEFINITION,
      Flatten.DEFINITION,
      Gather.DEFINITION,
      GatherElements.DEFINITION,
      GatherND.DEFINITION,
      GridSample.DEFINITION,
      Identity.DEFINITION,
      MaxRoiPool.DEFINITION,
      NonMaxSuppression.DEFINITION,
      NonZero.DEFINITION,
      OneHot.DEFINITION,
      Pad.DEFINITION,
      Range.DEFINITION,
      Reshape.DEFINITION,
      Resize.DEFINITION,
      ReverseSequence.DEFINITION,
      RoiAlign.DEFINITION,
      ScatterElements.DEFINITION,
      ScatterND.DEFINITION,
      ShapeOf.DEFINITION,
      Size.DEFINITION,
      Slice.DEFINITION,
      SpaceToDepth.DEFINITION,
      Split.DEFINITION,
      Squeeze.DEFINITION,
      TensorScatter.DEFINITION,
      Tile.DEFINITION,
      Transpose.DEFINITION,
      Trilu.DEFINITION,
      Unique.DEFINITION,
      Unsqueeze.DEFINITION);

  private static final List<OpDefinition> CONTROL = List.of(
      ConcatFromSequence.DEFINITION,
      If.DEFINITION,
      Loop.DEFINITION,
      OptionalGetElement.DEFINITION,
      OptionalHasElement.DEFINITION,
      OptionalOf.DEFINITION,
      Scan.DEFINITION,
      SequenceAt.DEFINITION,
      SequenceConstruct.DEFINITION,
      SequenceEmpty.DEFINITION,
      SequenceErase.DEFINITION,
      SequenceInsert.DEFINITION,
      SequenceLength.DEFINITION,
      SequenceMap.DEFINITION,
      SplitToSequence.DEFINITION);

  private static final List<OpDefinition> NETWORK = List.of(
      Attention.DEFINITION,
      AveragePool.DEFINITION,
      BatchNormalization.DEFINITION,
      CausalConvWithState.DEFINITION,
      Conv.DEFINITION,
      ConvTranspose.DEFINITION,
      DeformConv.DEFINITION,
      Einsum.DEFINITION,
      FlexAttention.DEFINITION,
      Gemm.DEFINITION,
      GlobalAveragePool.DEFINITION,
      GlobalLpPool.DEFINITION,
      GlobalMaxPool.DEFINITION,
      GroupNormalization.DEFINITION,
      GRU.DEFINITION,
      InstanceNormalization.DEFINITION,
      LayerNormalization.DEFINITION,
      LinearAttention.DEFINITION,
      LpPool.DEFINITION,
      LRN.DEFINITION,
      LSTM.DEFINITION,
      MatMul.DEFINITION,
      MaxPool.DEFINITION,
      MaxUnpool.DEFINITION,
      RMSNormalization.DEFINITION,
      RNN.DEFINITION,
      RotaryEmbedding.DEFINITION);

  private static final List<OpDefinition> QUANTIZED = List.of(
      ConvInteger.DEFINITION,
      DequantizeLinear.DEFINITION,
      DynamicQuantizeLinear.DEFINITION,
      MatMulInteger.DEFINITION,
      QLinearConv.DEFINITION,
      QLinearMatMul.DEFINITION,
      QuantizeLinear.DEFINITION);

  private static final List<OpDefinition> SIGNAL = List.of(
      ArrayFeatureExtractor.DEFINITION,
      Bernoulli.DEFINITION,
      Binarizer.DEFINITION,
      BlackmanWindow.DEFINITION,
      DFT.DEFINITION,
      Det.DEFINITION,
      EyeLike.DEFINITION,
      HammingWindow.DEFINITION,
      HannWindow.DEFINITION,
      LabelEncoder.DEFINITION,
      MelWeightMatrix.DEFINITION,
      Multinomial.DEFINITION,
      RandomNormal.DEFINITION,
      RandomNormalLike.DEFINITION,
      RandomUniform.DEFINITION,
      RandomUniformLike.DEFINITION,
      STFT.DEFINITION,
      TfIdfVectorizer.DEFINITION,
      TreeEnsemble.DEFINITION);

  private static final List<OpDefinition> LOSS = List.of(
      NegativeLogLikelihoodLoss.DEFINITION,
      SoftmaxCrossEntropyLoss.DEFINITION);

  /** Operators of Slipway's own, which the builder makes. */
  private static final List<OpDefinition> INTERNAL = List.of(
      Fused.DEFINITION,
      Reorder.DEFINITION);

  private static final List<OpDefinition> ALL =
      Stream.of(ELEMENTWISE, REDUCTION, MOVEMENT, CONTROL, NETWORK, QUANTIZED, SIGNAL, LOSS, INTERNAL)
          .flatMap(List::stream)
          .toList();

  private static final Map<String, OpDefinition> BY_NAME = index();

  private Operators() {}

  public static List<OpDefinition> all() {
    return ALL;
  }

  /** The operator of this domain (empty or {@code ai.onnx} for ONNX itself) and name. */
  public static Optional<OpDefinition> find(String domain, String name) {
    String normal = domain.equals("ai.onnx") ? "" : domain;
    return Optional.ofNullable(BY_NAME.get(normal.isEmpty() ? name : normal + "." + name));
  }

  /**
   * The operator of this qualified name.
   *
   * @throws InvalidGraphException where there is none
   */
  public static OpDefinition get(String qualifiedName) {
    OpDefinition found = BY_NAME.get(qualifiedName);
    if (found == null) {
      throw new InvalidGraphException("operator: " + qualifiedName + " (expected: one of the "
          + ALL.size() + " operators that Slipway knows)");
    }
    return found;
  }

  private static Map<String, OpDefinition> index() {
    Map<String, OpDefinition> byName = new HashMap<>();
    for (OpDefinition definition : ALL) {
      if (byName.put(definition.schema().qualifiedName(), definition) != null) {
        throw new IllegalStateException("operator " + definition.schema().qualifiedName() + " is listed twice");
      }
    }
    return byName;
  }
}
