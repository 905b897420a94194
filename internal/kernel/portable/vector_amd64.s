#include "textflag.h"
#include "exp_amd64.h"

// func max256(most *lanes, x *float32, n int)
TEXT ·max256(SB), NOSPLIT, $0-24
	MOVQ most+0(FP), DI
	MOVQ x+8(FP), SI
	MOVQ n+16(FP), CX
	VMOVUPS (DI), Y0

loop:
	VMAXPS (SI), Y0, Y0
	ADDQ $32, SI
	SUBQ $8, CX
	JNZ  loop
	VMOVUPS Y0, (DI)
	VZEROUPPER
	RET

// func exp256(sums *lanes, x *float32, n int, largest float32, table *[12]lanes)
TEXT ·exp256(SB), NOSPLIT, $0-40
	MOVQ sums+0(FP), DI
	MOVQ x+8(FP), SI
	MOVQ n+16(FP), CX
	VBROADCASTSS largest+24(FP), Y7
	MOVQ table+32(FP), R8
	VMOVUPS (DI), Y6

loop:
	VMOVUPS (SI), Y0
	VSUBPS Y7, Y0, Y0
	EXP(Y0, Y1, Y2)
	VMOVUPS Y2, (SI)
	VADDPS Y2, Y6, Y6
	ADDQ $32, SI
	SUBQ $8, CX
	JNZ  loop
	VMOVUPS Y6, (DI)
	VZEROUPPER
	RET
