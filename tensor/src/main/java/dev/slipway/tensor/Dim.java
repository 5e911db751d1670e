package dev.slipway.tensor;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;

/**
 * The size of one axis: a number, a symbol, or an expression over symbols.
 *
 * <p>Sums and products are kept as polynomials in a canonical order, so that two expressions that are equal as
 * polynomials are equal as values: {@code (N*4)/4} is {@code N}. Symbols stand for sizes, which are not negative.
 */
public sealed interface Dim {
  Dim ZERO = new Known(0);
  Dim ONE = new Known(1);

  /** A number. Negative numbers occur as intermediate values of shape arithmetic only. */
  record Known(long size) implements Dim {
    @Override
    public boolean equals(Object other) {
      return other instanceof Known(long own) && own == size;
    }

    @Override
    public int hashCode() {
      return Long.hashCode(size);
    }

    @Override
    public String toString() {
      return Long.toString(size);
    }
  }

  /** A size that becomes known when the engine runs. */
  record Symbol(String name) implements Dim {
    @Override
    public String toString() {
      return name;
    }
  }

  /** A sum of at least one {@link Term}; made by {@link #plus} and {@link #times} alone. */
  record Polynomial(List<Term> terms) implements Dim {
    public Polynomial {
      terms = List.copyOf(terms);
    }

    @Override
    public String toString() {
      StringBuilder text = new StringBuilder();
      for (Term term : terms) {
        if (term.coefficient < 0) {
          text.append('-');
        } else if (!text.isEmpty()) {
          text.append('+');
        }
        text.append(term.text());
      }
      return text.toString();
    }
  }

  /** A coefficient times the product of atoms, which are symbols, quotients and bounds in the order of their text. */
  record Term(long coefficient, List<Dim> atoms) {
    public Term {
      atoms = List.copyOf(atoms);
    }

    private String text() {
      StringBuilder text = new StringBuilder();
      if (atoms.isEmpty() || Math.abs(coefficient) != 1) {
        text.append(Math.abs(coefficient));
      }
      for (Dim atom : atoms) {
        text.append(text.isEmpty() ? "" : "*").append(atom);
      }
      return text.toString();
    }
  }

  /** The quotient rounded towards negative infinity. */
  record FloorDiv(Dim dividend, Dim divisor) implements Dim {
    @Override
    public String toString() {
      return "floor(" + dividend + ", " + divisor + ")";
    }
  }

  /** The larger of two. */
  record Max(Dim left, Dim right) implements Dim {
    @Override
    public String toString() {
      return "max(" + left + ", " + right + ")";
    }
  }

  /** The smaller of two. */
  record Min(Dim left, Dim right) implements Dim {
    @Override
    public String toString() {
      return "min(" + left + ", " + right + ")";
    }
  }

  static Dim of(long size) {
    return size == 0 ? ZERO : size == 1 ? ONE : new Known(size);
  }

  static Dim symbol(String name) {
    return new Symbol(name);
  }

  /** The number, where this is one. */
  default OptionalLong known() {
    return this instanceof Known(long size) ? OptionalLong.of(size) : OptionalLong.empty();
  }

  /** Whether this is the number {@code size}. */
  default boolean is(long size) {
    return this instanceof Known(long known) && known == size;
  }

  default Dim plus(Dim other) {
    if (this instanceof Known(long a) && other instanceof Known(long b)) {
      return of(Math.addExact(a, b));
    }
    List<Term> terms = new ArrayList<>(DimTerms.of(this));
    terms.addAll(DimTerms.of(other));
    return DimTerms.sum(terms);
  }

  default Dim plus(long other) {
    return plus(of(other));
  }

  default Dim minus(Dim other) {
    return plus(other.times(-1));
  }

  default Dim minus(long other) {
    return plus(of(-other));
  }

  default Dim times(long other) {
    return times(of(other));
  }

  default Dim times(Dim other) {
    if (this instanceof Known(long a) && other instanceof Known(long b)) {
      return of(Math.multiplyExact(a, b));
    }
    List<Term> terms = new ArrayList<>();
    for (Term a : DimTerms.of(this)) {
      for (Term b : DimTerms.of(other)) {
        List<Dim> atoms = new ArrayList<>(a.atoms);
        atoms.addAll(b.atoms);
        atoms.sort(Comparator.comparing(Dim::toString));
        terms.add(new Term(Math.multiplyExact(a.coefficient, b.coefficient), atoms));
      }
    }
    return DimTerms.sum(terms);
  }

  /**
   * The quotient rounded towards negative infinity; exact where every term divides.
   *
   * @throws ArithmeticException where the divisor is the number 0
   */
  default Dim floorDiv(Dim divisor) {
    if (divisor.is(1)) {
      return this;
    }
    if (this instanceof Known(long a) && divisor instanceof Known(long b)) {
      return of(Math.floorDiv(a, b));
    }
    if (equals(divisor)) {
      return ONE;
    }
    List<Term> divisors = DimTerms.of(divisor);
    if (divisors.size() == 1) {
      List<Term> quotient = new ArrayList<>();
      for (Term term : DimTerms.of(this)) {
        Optional<Term> exact = DimTerms.divide(term, divisors.getFirst());
        if (exact.isEmpty()) {
          return new FloorDiv(this, divisor);
        }
        quotient.add(exact.get());
      }
      return DimTerms.sum(quotient);
    }
    return new FloorDiv(this, divisor);
  }

  default Dim floorDiv(long divisor) {
    return floorDiv(of(divisor));
  }

  /** The quotient rounded towards positive infinity. */
  default Dim ceilDiv(long divisor) {
    return plus(divisor - 1).floorDiv(divisor);
  }

  default Dim max(Dim other) {
    if (this instanceof Known(long a) && other instanceof Known(long b)) {
      return of(Math.max(a, b));
    }
    if (equals(other) || absorbsMin(other)) {
      return this;
    }
    return other.absorbsMin(this) ? other : new Max(this, other);
  }

  default Dim min(Dim other) {
    if (this instanceof Known(long a) && other instanceof Known(long b)) {
      return of(Math.min(a, b));
    }
    if (equals(other) || absorbsMax(other)) {
      return this;
    }
    return other.absorbsMax(this) ? other : new Min(this, other);
  }

  /** Whether the larger of this and another is this, because the other is the smaller of this and something. */
  private boolean absorbsMin(Dim other) {
    return other instanceof Min(Dim a, Dim b) && (equals(a) || equals(b))
        || this instanceof Max(Dim c, Dim d) && (other.equals(c) || other.equals(d));
  }

  /** Whether the smaller of this and another is this, because the other is the larger of this and something. */
  private boolean absorbsMax(Dim other) {
    return other instanceof Max(Dim a, Dim b) && (equals(a) || equals(b))
        || this instanceof Min(Dim c, Dim d) && (other.equals(c) || other.equals(d));
  }

  /** This expression with symbols replaced by the sizes that are given for them. */
  default Dim bind(Map<String, Long> sizes) {
    return switch (this) {
      case Known known -> known;
      case Symbol(String name) -> sizes.containsKey(name) ? of(sizes.get(name)) : this;
      case FloorDiv(Dim a, Dim b) -> a.bind(sizes).floorDiv(b.bind(sizes));
      case Max(Dim a, Dim b) -> a.bind(sizes).max(b.bind(sizes));
      case Min(Dim a, Dim b) -> a.bind(sizes).min(b.bind(sizes));
      case Polynomial(List<Term> terms) -> {
        Dim sum = ZERO;
        for (Term term : terms) {
          Dim product = of(term.coefficient);
          for (Dim atom : term.atoms) {
            product = product.times(atom.bind(sizes));
          }
          sum = sum.plus(product);
        }
        yield sum;
      }
    };
  }

  /** Whether this expression has more than so many numbers, symbols and operations. */
  default boolean isLargerThan(int parts) {
    return this instanceof Known ? parts < 1 : DimTerms.count(this, parts + 1) > parts;
  }

  /** The names of the symbols in this expression, in the order of their first use. */
  default Set<String> symbols() {
    Set<String> names = new LinkedHashSet<>();
    DimTerms.collectSymbols(this, names);
    return names;
  }
}

/** The arithmetic behind {@link Dim}. */
final class DimTerms {
  private DimTerms() {}

  static List<Dim.Term> of(Dim dim) {
    return switch (dim) {
      case Dim.Known(long size) -> List.of(new Dim.Term(size, List.of()));
      case Dim.Polynomial(List<Dim.Term> terms) -> terms;
      default -> List.of(new Dim.Term(1, List.of(dim)));
    };
  }

  /** Adds up equal monomials; those with symbols come first, in the order of their text, the number last. */
  static Dim sum(List<Dim.Term> terms) {
    Map<String, Dim.Term> byMonomial = new TreeMap<>(Comparator.reverseOrder());
    for (Dim.Term term : terms) {
      byMonomial.merge(
          monomial(term),
          term,
          (a, b) -> new Dim.Term(Math.addExact(a.coefficient(), b.coefficient()), a.atoms()));
    }
    List<Dim.Term> left = byMonomial.values().stream().filter(term -> term.coefficient() != 0).toList();
    if (left.isEmpty()) {
      return Dim.ZERO;
    }
    if (left.size() == 1) {
      Dim.Term only = left.getFirst();
      if (only.atoms().isEmpty()) {
        return Dim.of(only.coefficient());
      }
      if (only.coefficient() == 1 && only.atoms().size() == 1) {
        return only.atoms().getFirst();
      }
    }
    return new Dim.Polynomial(left);
  }

  static Optional<Dim.Term> divide(Dim.Term dividend, Dim.Term divisor) {
    if (divisor.coefficient() == 0 || dividend.coefficient() % divisor.coefficient() != 0) {
      return Optional.empty();
    }
    List<Dim> atoms = new ArrayList<>(dividend.atoms());
    for (Dim atom : divisor.atoms()) {
      if (!atoms.remove(atom)) {
        return Optional.empty();
      }
    }
    return Optional.of(new Dim.Term(dividend.coefficient() / divisor.coefficient(), atoms));
  }

  /** Parts of an expression; counting ends soon after the limit, as shared parts would be counted again and again. */
  static int count(Dim dim, int limit) {
    return switch (dim) {
      case Dim.Known known -> 1;
      case Dim.Symbol symbol -> 1;
      case Dim.FloorDiv(Dim a, Dim b) -> countAll(List.of(a, b), limit);
      case Dim.Max(Dim a, Dim b) -> countAll(List.of(a, b), limit);
      case Dim.Min(Dim a, Dim b) -> countAll(List.of(a, b), limit);
      case Dim.Polynomial(List<Dim.Term> terms) -> {
        int count = 0;
        for (Dim.Term term : terms) {
          count += count >= limit ? 0 : countAll(term.atoms(), limit - count);
        }
        yield count;
      }
    };
  }

  private static int countAll(List<Dim> dims, int limit) {
    int count = 1;
    for (Dim dim : dims) {
      count += count >= limit ? 0 : count(dim, limit - count);
    }
    return count;
  }

  static void collectSymbols(Dim dim, Set<String> names) {
    switch (dim) {
      case Dim.Known known -> {}
      case Dim.Symbol(String name) -> names.add(name);
      case Dim.FloorDiv(Dim a, Dim b) -> collectAll(List.of(a, b), names);
      case Dim.Max(Dim a, Dim b) -> collectAll(List.of(a, b), names);
      case Dim.Min(Dim a, Dim b) -> collectAll(List.of(a, b), names);
      case Dim.Polynomial(List<Dim.Term> terms) -> terms.forEach(term -> collectAll(term.atoms(), names));
    }
  }

  private static void collectAll(List<Dim> dims, Set<String> names) {
    dims.forEach(dim -> collectSymbols(dim, names));
  }

  private static String monomial(Dim.Term term) {
    StringBuilder key = new StringBuilder();
    for (Dim atom : term.atoms()) {
      key.append(atom).append('*');
    }
    return key.toString();
  }
}
