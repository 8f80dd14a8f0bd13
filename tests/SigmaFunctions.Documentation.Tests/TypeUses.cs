using Mono.Cecil;

namespace SigmaFunctions.Documentation.Tests;

/// <summary>The types that a type names: in its declaration, in its members' and in their code.</summary>
internal static class TypeUses
{
    public static IEnumerable<TypeReference> Of(TypeDefinition type) =>
    [
        .. Of(type.BaseType),
        .. Attributes(type),
        .. type.Interfaces.SelectMany(one => Of(one.InterfaceType)),
        .. type.GenericParameters.SelectMany(parameter => parameter.Constraints).SelectMany(constraint => Of(constraint.ConstraintType)),
        .. type.Fields.SelectMany(field => Of(field.FieldType).Concat(Attributes(field))),
        .. type.Properties.SelectMany(Attributes),
        .. type.Methods.SelectMany(Of),
    ];

    private static IEnumerable<TypeReference> Of(MethodDefinition method)
    {
        IEnumerable<TypeReference> declared = [.. Signature(method), .. Attributes(method)];
        return !method.HasBody ? declared
            : [.. declared, .. method.Body.Variables.SelectMany(variable => Of(variable.VariableType)), .. method.Body.Instructions.SelectMany(code => Operand(code.Operand))];
    }

    private static IEnumerable<TypeReference> Operand(object? operand) => operand switch
    {
        TypeReference type => Of(type),
        GenericInstanceMethod method => [.. Of(method.DeclaringType), .. Signature(method), .. method.GenericArguments.SelectMany(Of)],
        MethodReference method => [.. Of(method.DeclaringType), .. Signature(method)],
        FieldReference field => [.. Of(field.DeclaringType), .. Of(field.FieldType)],
        _ => [],
    };

    private static IEnumerable<TypeReference> Signature(MethodReference method) =>
        [.. Of(method.ReturnType), .. method.Parameters.SelectMany(parameter => Of(parameter.ParameterType))];

    private static IEnumerable<TypeReference> Attributes(ICustomAttributeProvider member) =>
        member.CustomAttributes.SelectMany(attribute => Of(attribute.AttributeType));

    /// <summary>A type, and those that it is made of.</summary>
    private static IEnumerable<TypeReference> Of(TypeReference? type) => type switch
    {
        null or GenericParameter => [],
        GenericInstanceType generic => [generic.ElementType, .. generic.GenericArguments.SelectMany(Of)],
        TypeSpecification made => Of(made.ElementType),
        _ => [type],
    };
}
