// R8 is the table of vector_amd64.go, 32 bytes a row. EXP sets p to e^x for x <= 0 as exp32 does, destroying x, t and Y15: the
// exponent is added to the bits of the polynomial, and Y15 clears what is below the least (5 is "not less", so NaN stays; it comes
// through VMAXPS because x is the second source).
#define EXP(x, t, p) \
	VMOVUPS (R8), t; \
	VCMPPS $5, t, x, Y15; \
	VMAXPS x, t, x; \
	VMOVUPS 64(R8), t; \
	VFMADD231PS 32(R8), x, t; \
	VSUBPS 64(R8), t, p; \
	VFNMADD231PS 96(R8), p, x; \
	VFNMADD231PS 128(R8), p, x; \
	VMOVUPS 160(R8), p; \
	VFMADD213PS 192(R8), x, p; \
	VFMADD213PS 224(R8), x, p; \
	VFMADD213PS 256(R8), x, p; \
	VFMADD213PS 288(R8), x, p; \
	VFMADD213PS 320(R8), x, p; \
	VFMADD213PS 352(R8), x, p; \
	VFMADD213PS 352(R8), x, p; \
	VPSLLD $23, t, t; \
	VPADDD t, p, p; \
	VANDPS Y15, p, p
